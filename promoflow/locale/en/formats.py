"""Days as all other pages write them: Django's own format of English is that of newspapers, with "Dec. 1"."""

DATE_FORMAT = "M j, Y"
