"""A message that is owed, or was just sent, is not deleted by anybody's statement."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from promoflow.outbox.models import Message
from promoflow.retention import services
from tests.database.attacks import refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(aurora, olivia, sam):
    lives.submitted(aurora, lives.coupon(), by=olivia)
    return Message.objects.first()


def test_what_is_owed_is_not_deleted(told):
    refused("only_old_messages_go", ("DELETE FROM outbox_message WHERE id = %s", [told.pk]))


def test_what_was_sent_last_week_is_not_deleted(told):
    Message.objects.update(outcome="sent", closed=timezone.now() - timedelta(days=29))

    refused("only_old_messages_go", "DELETE FROM outbox_message")


def test_the_applications_role_forgets(told):
    Message.objects.update(outcome="sent", closed=timezone.now() - timedelta(days=401))
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        gone = services.forget(at=timezone.now())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert gone["messages"] >= 1
    assert not Message.objects.exists()
