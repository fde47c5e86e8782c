"""`manage.py changepassword somebody@example.com`: Django's own, which tells the history as a page would."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import people


class Command(changepassword.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str:
        before = dict(User.objects.values_list("pk", "password"))
        said = super().handle(*args, **options)
        for user in User.objects.all():
            if user.password != before.get(user.pk):
                people.record_password_set_by_hand(user=user, at=timezone.now())
        return str(said)
