"""How an address names a product."""

from django.urls import register_converter
from django.urls.converters import StringConverter

from promoflow.catalog.models import ASIN_PATTERN


class AsinConverter(StringConverter):
    """Only what can be an ASIN: the database cannot even be asked for some other texts, such as NUL."""

    regex = ASIN_PATTERN.removeprefix("^").removesuffix("$")


register_converter(AsinConverter, "asin")
