"""Forgetting old messages, and a name in those that are kept."""

from datetime import datetime

from django.db import connection

from promoflow.audit.naming import Names
from promoflow.outbox.models import Message


def forget(*, before: datetime) -> int:
    """Delete those that closed before this; what is still owed stays. Says how many went."""
    deleted, _by_model = Message.objects.filter(closed__lt=before).delete()
    return deleted


def put_stand_ins(names: Names) -> None:
    """Let the messages that mention somebody whose name was removed say what stands in for it.

    A message is no evidence: unlike an entry of the history it may change.
    """
    called = list(names.of_name)
    if not called:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM outbox_message WHERE EXISTS (SELECT FROM unnest(%s::text[]) AS name"
            " WHERE strpos(context::text, btrim(to_json(name)::text, '\"')) > 0)"
            " ORDER BY id FOR NO KEY UPDATE",
            [called],
        )
        keys = [key for (key,) in cursor.fetchall()]
    for message in Message.objects.filter(pk__in=keys).only("pk", "context").iterator():
        Message.objects.filter(pk=message.pk).update(context=names.value(message.context))
