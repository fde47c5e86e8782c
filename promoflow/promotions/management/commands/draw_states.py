"""`manage.py draw_states`: draw the workflow's states, from the code, into README.md."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from promoflow.promotions.models import OVER, PromotionRequest, State

BEGIN, END = "<!-- drawn by manage.py draw_states -->\n", "<!-- end of the drawing -->\n"


def drawing() -> str:
    """A Mermaid diagram of every transition that the code declares."""
    order = list(State.values)
    field = PromotionRequest._meta.get_field("state")
    moves = sorted(
        (order.index(str(move.source)), order.index(str(move.target)), move.name.replace("_", " "))
        for move in field.get_all_transitions(PromotionRequest)
    )
    lines = ["stateDiagram-v2", "    direction LR", f"    [*] --> {State.DRAFT}"]
    lines += [f"    {order[source]} --> {order[target]}: {name}" for source, target, name in moves]
    lines += [f"    {state} --> [*]" for state in OVER]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def with_drawing(readme: str) -> str:
    """The text with the drawing between its marks renewed."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + drawing() + END + after


class Command(BaseCommand):
    help = "Draw the states of a request into README.md."

    def handle(self, *args: Any, **options: Any) -> None:
        readme = settings.BASE_DIR / "README.md"
        readme.write_text(with_drawing(readme.read_text(encoding="utf-8")), encoding="utf-8")
