"""Raw SQL, and a superuser, against the promises."""
