"""Tests of what `demo` and `test` need of a machine."""
