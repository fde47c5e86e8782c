"""`manage.py move_due` does what beat's tick does for the workflow's clock, for a cron or a systemd timer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from promoflow.promotions import tasks
from promoflow.promotions.services import running


class Command(BaseCommand):
    help = (
        "Expires and ends what the clock has overtaken, and reminds of what waits, as beat and a worker do "
        "every half minute. Beside them, or beside itself, it does no harm: each request is moved once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if wrong := tasks.why_not_to_move(at):
            raise CommandError(wrong)
        moved = running.move_due(at=at)
        self.stdout.write(f"{moved} {'request was' if moved == 1 else 'requests were'} due and moved.")
