"""How a request's newest content differs from what its reader already knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from promoflow.promotions import selectors
from promoflow.promotions.content import decode, differences
from promoflow.promotions.models import PromotionRequest, Revision, State
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.wording import presenting
from promoflow.promotions.wording.presenting import Changed


@dataclass(frozen=True)
class Comparison:
    """One older content, and field by field what is different now; nothing if they are the same."""

    title: SafeString
    changes: list[Changed]


def comparisons(dossier: Dossier) -> list[Comparison]:
    """With what this person saw last, or else with the revision before; and with what it was copied from."""
    return [found for found in (_since(dossier), _unlike_source(dossier)) if found]


def _since(dossier: Dossier) -> Comparison | None:
    is_first = dossier.revision.number == 1
    seen = None if is_first else selectors.last_seen_revision(dossier.request, dossier.by)
    if seen is not None:
        title = _("Changed since you saw revision %(number)s") % {"number": seen.number}
        return _compared(dossier, seen, title)
    if _decided_before(dossier):
        return Comparison(presenting.linked(_("Since you decided on it"), ()), [])
    if is_first:
        return None
    title = _("Changed in revision %(number)s") % {"number": dossier.revision.number}
    return _compared(dossier, dossier.revisions[1], title)


def _decided_before(dossier: Dossier) -> bool:
    """Whether it came back to this person with the very content that they returned."""
    return dossier.request.state == State.IN_REVIEW and any(
        decision.decided_by.person_id == dossier.by.person_id and decision.revision_id == dossier.revision.pk
        for decision in dossier.decisions
    )


def _unlike_source(dossier: Dossier) -> Comparison | None:
    """What became of the copy: its source as it was when it was copied."""
    source = dossier.request.copied_from
    copied = _newest_at(source, dossier.request.created_at) if source else None
    if source is None or copied is None:
        return None
    title = _("Unlike %(reference)s, from which it was copied") % {"reference": source.reference}
    return _compared(dossier, copied, title, linked=[source.reference])


def _compared(
    dossier: Dossier, older: Revision, title: str, *, linked: list[str] | None = None
) -> Comparison:
    before: Mapping[str, Any] = decode(older.body)
    changes = presenting.difference_lines(
        differences(before, dossier.content),
        zone=dossier.zone,
        currency=dossier.currency,
        content=dossier.content,
    )
    return Comparison(presenting.linked(title, linked or ()), changes)


def _newest_at(request: PromotionRequest, at: datetime) -> Revision | None:
    """The revision that was the newest at an instant."""
    return request.revisions.filter(edited_at__lte=at).order_by("-number").first()
