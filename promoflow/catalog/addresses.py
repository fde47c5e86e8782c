"""How an address names a product."""

from django.urls import register_converter
from django.urls.converters import StringConverter

from promoflow.rulebook import asins


class AsinConverter(StringConverter):
    """Only what can be an ASIN: the database cannot even be asked for some other texts, such as NUL."""

    regex = f"({asins.PATTERN})"


register_converter(AsinConverter, "asin")
