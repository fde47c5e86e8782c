"""What `manage.py check --deploy` says of the machine itself, beside what the audit reads in the database."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from promoflow import fonts, printing


@register("machine", deploy=True)
def pdfs_can_be_read(**_: Any) -> list[CheckMessage]:
    if printing.browser() is None or fonts.has_chinese():
        return []
    return [
        Warning(
            "This machine has no font with Chinese letters: in the PDF of a dossier each is an empty box.",
            hint="Install one, for example Debian's fonts-noto-cjk, and fontconfig, which tells of it.",
            id="machine.W200",
        )
    ]
