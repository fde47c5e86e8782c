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
        control = os.environ.get("CRASH_CONTROL")
        if control == "plain-delay":
            _call_after_commit()
            return
        after_task_publish.connect(_publish_copies)
        if control == "closed-first":
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
        app.send_task(name, task_id=number, headers={"copy": True})


def _close_before_sending() -> None:
    """The control: an outbox that notes a message as sent, and sends it then."""
    from promoflow.outbox.services import delivering

    send, close = delivering._send, delivering._close

    def closed_first(batch: Any, line: Any) -> None:
        from django.utils import timezone

        close(batch, "sent", timezone.now(), "")
        send(batch, line)

    delivering._send = closed_first


def _call_after_commit() -> None:
    """The control: no outbox. Each mail is a call after the commit; nobody keeps what is still to be sent."""
    from django.db import transaction

    from promoflow.outbox import services
    from promoflow.outbox.models import Message
    from tests.crash.tasks import send

    enqueue = services.enqueue

    def call(notice: str, *, key: str, at: Any, **said: Any) -> None:
        enqueue(notice, key=key, at=at, **said)
        owed = Message.objects.filter(key=key, outcome=Message.Outcome.OWED)
        for number in list(owed.values_list("pk", flat=True)):
            transaction.on_commit(lambda number=number: send.delay(number), robust=True)
        owed.update(outcome=Message.Outcome.SENT, closed=at)

    services.enqueue = call
