"""The addresses of the rules and of their draft, whose own page is promotions'."""

from django.urls import path

from promoflow.policies.views import drafting, versions

urlpatterns = [
    path("", versions.index, name="policy-list"),
    path("<int:number>/", versions.version, name="policy"),
    path("draft/open/", drafting.open, name="policy-open"),
    path("draft/edit/", drafting.edit, name="policy-edit"),
    path("draft/discard/", drafting.discard, name="policy-discard"),
]
