"""The outbox application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "promoflow.outbox"
    verbose_name = _("Messages")
