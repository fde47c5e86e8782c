"""Messages owed to people: written with the change that owes them, delivered later."""
