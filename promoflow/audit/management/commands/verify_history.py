"""Reads the whole history and says whether anybody touched it."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from promoflow.audit import services


def _head(text: str) -> services.Head:
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip().lower())
    if match is None:
        raise ArgumentTypeError("give a head as this command prints it: the place, a colon, 64 hex digits")
    return services.Head(int(match[1]), bytes.fromhex(match[2]))


class Command(BaseCommand):
    help = (
        "Recomputes the chain of the history and names the first entry that was altered, removed, reordered "
        "or put in from outside. Note the head that it prints, somewhere that the database's administrator "
        "cannot write, and give it to the next run: only so can a cut-off end be seen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--known", type=_head, metavar="PLACE:HASH", help="a head noted earlier")

    def handle(self, *args: Any, known: services.Head | None, **options: Any) -> None:
        verdict = services.verify(known=known)
        if verdict.trouble:
            raise CommandError(f"{verdict.trouble}\nUp to place {verdict.head.seq} the history is whole.")
        self.stdout.write(f"The history is whole: {verdict.head.seq} entries, each in its place.")
        self.stdout.write(f"Head: {verdict.head}")
