"""Owing messages and delivering them; channels and preferences are services of their own."""

from promoflow.celery import app
from promoflow.outbox.services.delivering import MOST_ATTEMPTS, deliver, try_again, wait_after
from promoflow.outbox.services.owing import enqueue, ring

__all__ = ["MOST_ATTEMPTS", "app", "deliver", "enqueue", "ring", "try_again", "wait_after"]
