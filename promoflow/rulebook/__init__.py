"""The rules about promotions as pure functions over frozen values: no clock, no database, no framework."""
