"""`manage.py createsuperuser`: Django's own, whose account the history hears of in the same transaction."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import people


class Command(createsuperuser.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        before = set(User.objects.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in User.objects.exclude(pk__in=before):
            people.record_added_by_hand(user=user, at=timezone.now())
