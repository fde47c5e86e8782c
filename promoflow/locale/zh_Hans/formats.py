"""Numbers as Chinese sellers write money: Django's own formats leave thousands without a mark."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
