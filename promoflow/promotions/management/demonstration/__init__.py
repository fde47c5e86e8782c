"""A store to try the desk on, with a past, made by nothing but the services that people use."""
