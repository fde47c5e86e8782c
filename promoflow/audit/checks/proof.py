"""Where checkpoints go, and who can read the key that signs them."""

import os
from typing import Final

from django.conf import settings
from django.core.checks import CheckMessage, Warning

PLACES: Final = ("CHECKPOINT_FOLDER", "CHECKPOINT_MAIL", "CHECKPOINT_S3")
ENOUGH: Final = 2


def said() -> list[CheckMessage]:
    return [*_too_few_places(), *_key_in_reach()]


def _too_few_places() -> list[CheckMessage]:
    used = [name for name in PLACES if getattr(settings, name)]
    if len(used) >= ENOUGH:
        return []
    unused = [f"PROMOFLOW_{name}" for name in PLACES if name not in used]
    return [
        Warning(
            f"Checkpoints go to {len(used)} place. Whoever can change the database and that place can "
            "rewrite the history without a trace.",
            hint=f"Name another, out of reach of who runs the database: {' or '.join(unused)}.",
            id="history.W150",
        )
    ]


def _key_in_reach() -> list[CheckMessage]:
    if not os.access(settings.CHECKPOINT_KEY, os.R_OK):
        return []
    return [
        Warning(
            f"This account can read the checkpointer's key, {settings.CHECKPOINT_KEY}: if the web runs under "
            "it, whoever takes over the web can sign a history of their own.",
            hint="Give the checkpointer an account of its own, and run this check as the web's.",
            id="history.W151",
        )
    ]
