"""The addresses of stores, products and imports."""

from django.urls import path

from promoflow.catalog import addresses  # noqa: F401 - an ASIN in an address
from promoflow.catalog.views import imports, products, stores

urlpatterns = [
    path("stores/", stores.index, name="store-list"),
    path("stores/add/", stores.add, name="store-new"),
    path("stores/<int:pk>/", stores.detail, name="store"),
    path("stores/<int:pk>/change/", stores.change, name="store-change"),
    path("stores/<int:pk>/grant/", stores.grant, name="store-grant"),
    path("stores/<int:pk>/revoke/", stores.revoke, name="store-revoke"),
    path("products/", products.index, name="product-list"),
    path("stores/<int:store_id>/products/<asin:asin>/change/", products.change, name="product-change"),
    path(
        "stores/<int:store_id>/products/<asin:asin>/retire-sku/",
        products.retire_sku,
        name="product-retire-sku",
    ),
    path("imports/", imports.index, name="import-list"),
    path("imports/new/", imports.new, name="import-new"),
    path("imports/<int:pk>/", imports.detail, name="import"),
    path("imports/<int:pk>/apply/", imports.apply, name="import-apply"),
    path("imports/<int:pk>/discard/", imports.discard, name="import-discard"),
    path("imports/<int:pk>/not-named/", imports.unnamed, name="import-unnamed"),
    path("imports/<int:pk>/refused/", imports.refused, name="import-refused"),
]
