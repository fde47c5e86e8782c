"""The policies application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PoliciesConfig(AppConfig):
    name = "promoflow.policies"
    verbose_name = _("Policies")
