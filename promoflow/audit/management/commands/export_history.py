"""Writes the whole history to a file that can be checked without this server."""

import gzip
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from promoflow.audit.services import exporting


class Command(BaseCommand):
    help = (
        "Exports the history as lines of JSON (gzipped where the name ends in .gz). Check the file with "
        "promoflow/audit/verifier.py, the log's public key and its checkpoints, on any machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="where to; to the terminal if not named")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        lines = exporting.lines(name=settings.HISTORY_NAME)
        if file is None:
            sys.stdout.writelines(lines)
            return
        with (gzip.open if file.suffix == ".gz" else open)(file, "wt", encoding="utf-8") as out:
            out.writelines(lines)
        self.stdout.write(f"Written to {file}.")
