"""The audit application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "promoflow.audit"
    verbose_name = _("History")

    def ready(self) -> None:
        import promoflow.audit.checks  # noqa: F401
