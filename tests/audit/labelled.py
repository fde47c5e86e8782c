"""What the history keeps, and whether people have a word for it."""

from promoflow.audit.labels import BLACKOUT, LABELS
from promoflow.audit.models import PEOPLES, Entry
from promoflow.policies.wording import RULES
from promoflow.promotions.wording.sentences import is_key


def without_label() -> set[str]:
    """The names of values in all entries that a page would show as the database has them."""
    held = Entry.objects.filter(PEOPLES).values_list("event", "before", "after")
    names = {(event, name) for event, before, after in held for name in (*before, *after)}
    return {f"{event}: {name}" for event, name in names if not _has_label(event.partition(".")[0], name)}


def _has_label(part: str, name: str) -> bool:
    if part == "policy" and "." in name:
        return name.startswith((BLACKOUT, "pairs.")) or any(rule in name for rule in RULES)
    return is_key(name) or f"{part}.{name}" in LABELS or name.rpartition(" ")[2] in LABELS
