"""What `demo` and `test` need of a machine: an environment, a database, a browser, and processes that end."""
