"""A report sealed into the page that shows it, so that a refusal can say what has changed since.

Showing a page stores nothing, so the page itself carries what its digest is the digest of. Nobody decides by
it: a decision rests on the digest alone. A seal that is missing, forged or of another page leaves a refusal
with less to say, and changes nothing else.
"""

from typing import Any

from django.core import signing

from promoflow.promotions.changes import Changes, compare
from promoflow.promotions.checker import Report
from promoflow.rulebook import findings

# Thousands of products would make a page heavier than what the words are worth.
LONGEST = 200_000
_SALT = "promoflow.promotions.sealing"


def seal(report: Report) -> str:
    """The report as text for a hidden field; empty where it would be too long for a page."""
    sealed = signing.dumps(report.body, salt=_SALT, compress=True)
    return sealed if len(sealed) <= LONGEST else ""


def changes_since(sealed: str, *, digest: str, now: Report) -> Changes | None:
    """What has changed since the report that a page sealed; nothing unless this desk sealed it for that page.

    `digest` is the one that the page decides by: both are of one report, and of this request.
    """
    seen = _opened(sealed)
    if seen is None or findings.digest(seen).hex() != digest:
        return None
    same_request = seen["candidate"]["reference"] == now.candidate.reference
    return compare(seen, now.body) if same_request and seen["schema"] == findings.SCHEMA else None


def _opened(sealed: str) -> dict[str, Any] | None:
    try:
        body: dict[str, Any] = signing.loads(sealed, salt=_SALT)
    except signing.BadSignature:
        return None
    return body
