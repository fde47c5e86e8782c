"""`manage.py invite somebody@example.com` prints the link to set a password, for a desk without mail."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from accounts.services import people


class Command(BaseCommand):
    help = "Prints a link with which somebody sets a password; it works once, for three days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        if not user.is_active:
            raise CommandError(f"{user.name} is deactivated: a manager reactivates the account first.")
        self.stdout.write(settings.SITE_URL + people.invite_by_hand(user=user, at=timezone.now()))
