"""Deleting that the clock starts, once a day."""

from celery import shared_task
from django.utils import timezone

from promoflow.retention import services


@shared_task
def forget_what_has_passed() -> None:
    """Harmless to run twice or never: the next day it finds what is left."""
    services.forget(at=timezone.now())
