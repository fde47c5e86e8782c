"""The desk: its settings, its parts, and the Celery application that ticks for it."""

from promoflow.celery import app as celery_app

__all__ = ["celery_app"]
