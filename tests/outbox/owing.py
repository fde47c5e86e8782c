"""Channels and messages brought about by the services; nothing else may make one."""

from datetime import UTC, datetime

from promoflow.outbox import services as outbox
from promoflow.outbox.services import channels
from tests.outbox.webhooks import ADDRESSES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADDRESS = ADDRESSES["webhook"]
ALL = ["review", "running", "alarms"]


def added(by, store=None, **more):
    chosen = {"kind": "webhook", "address": ADDRESS, "name": "The team", "topics": ALL, "at": NOW, **more}
    return channels.add(store=store, by=by, **chosen)


def owe(*people, about, key="k", notice="request_approved"):
    context = {"reference": "PR-1042", "title": "Coupon", "store": "Aurora US"}
    outbox.enqueue(notice, to=people, key=key, about=about, context=context, at=NOW, link="/")
