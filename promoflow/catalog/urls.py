"""The addresses of stores, products and imports."""

from django.urls import path

from promoflow.catalog.views import stores

urlpatterns = [
    path("stores/", stores.index, name="store-list"),
    path("stores/add/", stores.add, name="store-new"),
    path("stores/<int:pk>/", stores.detail, name="store"),
    path("stores/<int:pk>/change/", stores.change, name="store-change"),
    path("stores/<int:pk>/grant/", stores.grant, name="store-grant"),
    path("stores/<int:pk>/revoke/", stores.revoke, name="store-revoke"),
]
