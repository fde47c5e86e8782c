"""What the harness puts around the desk in each of its processes; the desk's own code is as it is."""

import os
import random
from typing import Any

from celery.signals import after_task_publish
from django.apps import AppConfig

# Copies of some calls wait here, so that they come late and in any order.
_WAITING_AT_MOST = 6


class CrashConfig(AppConfig):
    name = "tests.crash"

    def ready(self) -> None:
        after_task_publish.connect(_publish_copies)
        if os.environ.get("CRASH_CONTROL") == "closed-first":
            _close_before_sending()


_waiting: list[tuple[str, str]] = []


def _publish_copies(sender: str, headers: dict[str, Any], **_more: Any) -> None:
    """Every call is delivered three times: the same call, by its number."""
    if headers.get("copy"):
        return
    from promoflow.celery import app

    _waiting.extend([(sender, headers["id"])] * 2)
    random.shuffle(_waiting)
    while len(_waiting) > _WAITING_AT_MOST:
        name, number = _waiting.pop()
        app.send_task(name, task_id=number, headers={"copy": True}, retry=False)


def _close_before_sending() -> None:
    """The control: an outbox that notes a message as sent, and sends it then."""
    from promoflow.outbox.services import delivering

    send, close = delivering._send, delivering._close

    def closed_first(batch: Any, line: Any) -> None:
        from django.utils import timezone

        close(batch, "sent", timezone.now(), "")
        send(batch, line)

    delivering._send = closed_first
