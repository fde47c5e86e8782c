"""Owing messages and delivering them; channels and preferences are services of their own."""

from promoflow.outbox.services.delivering import deliver, try_again
from promoflow.outbox.services.owing import enqueue, ring

__all__ = ["deliver", "enqueue", "ring", "try_again"]
