"""Reads the whole history and says whether anybody touched it, or a table behind its back."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from itertools import islice
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from promoflow.audit import replaying, services, signed
from promoflow.audit.followed import FOLLOWED
from promoflow.audit.notes import Checkpoint

_MOST: Final = 50


def _head(text: str) -> services.Head:
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip().lower())
    if match is None:
        raise ArgumentTypeError("give a head as this command prints it: the place, a colon, 64 hex digits")
    return services.Head(int(match[1]), bytes.fromhex(match[2]))


class Command(BaseCommand):
    help = (
        "Recomputes the chain of the history, compares it with every checkpoint in the folder "
        "PROMOFLOW_CHECKPOINT_FOLDER, and names the first entry that was altered, removed, reordered or put "
        "in from outside. Then it replays the history, and names whatever stands in a table otherwise than "
        "the history tells. Who does not trust that folder either notes the head that it prints, where the "
        "database's administrator cannot write, and gives it to the next run; or checks an export, with "
        "checkpoints of their own."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--known", type=_head, metavar="PLACE:HASH", help="a head noted earlier")
        parser.add_argument("--chain-only", action="store_true", help="do not replay it against the tables")

    def handle(self, *args: Any, known: services.Head | None, chain_only: bool, **options: Any) -> None:
        checkpoints = self._checkpoints()
        verdict = services.verify(known=known, checkpoints=checkpoints)
        if verdict.trouble:
            raise CommandError(f"{verdict.trouble}\nUp to place {verdict.head.seq} the history is whole.")
        self.stdout.write(f"The history is whole: {verdict.head.seq} entries, each in its place.")
        if checkpoints:
            counted = f"all {len(checkpoints)} checkpoints" if len(checkpoints) > 1 else "the one checkpoint"
            self.stdout.write(
                f"It agrees with {counted} of {settings.CHECKPOINT_FOLDER}, the "
                f"newest of {checkpoints[-1].size} entries."
            )
        if not chain_only:
            self._replay()
        self.stdout.write(f"Head: {verdict.head}")

    def _replay(self) -> None:
        found = [str(mismatch) for mismatch in islice(replaying.mismatches(), _MOST)]
        if found:
            more = ["There may be more."] if len(found) == _MOST else []
            raise CommandError("\n".join(["The tables are not what the history tells.", *found, *more]))
        self.stdout.write(
            f"Replayed, it makes exactly the rows of the {len(FOLLOWED)} tables that it follows."
        )
        for deed in replaying.unexplained():
            self.stdout.write(f"Nobody says why: {deed}")

    def _checkpoints(self) -> list[Checkpoint]:
        folder = settings.CHECKPOINT_FOLDER
        try:
            return signed.everything(folder)
        except OSError:
            self.stderr.write(
                f"No checkpoints can be read in {folder}: the chain alone is checked, and a history that was "
                "rewritten with all its hashes cannot be seen."
            )
            return []
        except ValueError as error:
            raise CommandError(
                f"What lies in {folder} is not signed by the key beside it. {error}"
            ) from error
