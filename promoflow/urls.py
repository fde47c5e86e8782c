"""Every address of the desk."""

from django.urls import include, path

from promoflow.promotions.admin import site as admin

urlpatterns = [
    path("", include("promoflow.promotions.urls")),
    path("policies/", include("promoflow.policies.urls")),
    path("", include("promoflow.catalog.urls")),
    path("", include("accounts.urls")),
    path("history/kept/", include("promoflow.retention.urls")),
    path("history/", include("promoflow.audit.urls")),
    path("", include("promoflow.outbox.urls")),
    path("admin/", admin.urls),
]

handler500 = "promoflow.away.failed"
