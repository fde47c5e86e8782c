"""`manage.py load_demo` loads a store to try the desk on, once, and says who can sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.roles import ROLES
from promoflow.promotions.management.demonstration import loading
from promoflow.promotions.management.demonstration.people import CAST


class Command(BaseCommand):
    help = "Loads the demonstration store, once; the second time it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demonstration's passwords are known to everybody, so it is loaded only where "
                "PROMOFLOW_DEMO=1; `python3 manage.py demo` sets that."
            )
        if not loading.load(at=timezone.now()):
            self.stdout.write(f"{loading.NAME} is loaded already; nothing was changed.\n")
        self.stdout.write("Sign in as:\n")
        for part in CAST:
            role = str(ROLES[part.role].name)
            self.stdout.write(f"  {role:<11} {part.email:<25} {part.password:<25} {part.name}")
        self.stdout.write(
            "Who decides also types a code: /mailbox/codes/ shows what each of them has just now.\n"
        )
