"""The desk as a Django application: its static files and page words, and the Celery application beside it."""

from django.apps import AppConfig


class PromoflowConfig(AppConfig):
    """Loads Celery here: `promoflow/__init__.py` is imported before anything is installed."""

    name = "promoflow"

    def ready(self) -> None:
        import promoflow.celery
        import promoflow.checks  # noqa: F401
