"""`manage.py reseal_channels`: after another secret key, seal the addresses of all channels under it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from promoflow.outbox.models import Channel
from promoflow.outbox.sealing import Lost
from promoflow.outbox.services import channels


class Command(BaseCommand):
    help = (
        "Seals the addresses of all channels under PROMOFLOW_SECRET_KEY. Once it ends without an error, no "
        "address needs a key of PROMOFLOW_EARLIER_SECRET_KEYS any more. It may be run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        resealed, lost = 0, []
        for channel in Channel.objects.filter(removed=None).select_related("store", "person").order_by("pk"):
            try:
                resealed += channels.reseal(channel=channel, at=timezone.now())
            except Lost:
                lost.append(f"{channel.name} ({channel.store or channel.person}, {channel.masked})")
        self.stdout.write(f"Addresses sealed anew: {resealed}.")
        if lost:
            raise CommandError(
                "None of the keys opens these: "
                + "; ".join(lost)
                + ". Give PROMOFLOW_EARLIER_SECRET_KEYS the key "
                "that sealed them and run this again, or let their keepers type the addresses again."
            )
