"""The promotions application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromotionsConfig(AppConfig):
    name = "promoflow.promotions"
    verbose_name = _("Promotions")

    def ready(self) -> None:
        import promoflow.promotions.guards  # noqa: F401
