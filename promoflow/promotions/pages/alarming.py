"""An open alarm as the page of its request shows it: what blocks it, the ways out, who may settle it."""

from dataclasses import dataclass

from accounts.permissions import why_not
from promoflow.promotions import checker, permissions, selectors
from promoflow.promotions.models import STANDING, Alarm
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.wording.presenting import Shown, present


@dataclass(frozen=True)
class Banner:
    """`still_blocks` is False once the rules in force, asked anew, find nothing that blocks it any more."""

    alarm: Alarm
    findings: list[Shown]
    still_blocks: bool
    digest: str
    """Of all that the rules find of it now: settling names what was read."""
    why_not_settle: str


def of(dossier: Dossier) -> Banner | None:
    """The banner, where an alarm is open."""
    stands = dossier.request.state in STANDING
    alarm = selectors.alarm_of(dossier.request) if stands else None
    if alarm is None:
        return None
    found = dossier.report or dossier.report_now()
    blocks = found.blocks or [
        finding for finding in checker.stored_findings(alarm.report) if finding.severity == "block"
    ]
    return Banner(
        alarm=alarm,
        findings=present(blocks, zone=dossier.zone, currency=dossier.currency),
        still_blocks=bool(found.blocks),
        digest=found.digest.hex(),
        why_not_settle=why_not(permissions.check_can_settle, dossier.by, dossier.request),
    )
