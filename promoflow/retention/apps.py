"""The retention application: it has no rows of its own."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "promoflow.retention"
    verbose_name = _("What is kept")
