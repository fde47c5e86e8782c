"""What a reader is told of the first finding about an offer beside others."""

from promoflow.promotions.wording import sentences
from promoflow.rulebook.conflicts import find_conflicts
from tests.rulebook.making import NOW, POLICY, ZONE, offer, product


def said(
    candidate,
    *others,
    code=None,
    products=None,
    now=NOW,
    zone=ZONE,
    policy=POLICY,
    zone_of_rules=None,
):
    """The sentence and the way out of the first finding, or of the one with this code."""
    listed = products or [product("19.99", "12.00")]
    findings = find_conflicts(candidate, others, listed, policy, now, zone=zone_of_rules)
    finding = next(finding for finding in findings if code in (None, finding.code))
    return sentences.sentence(finding, zone=zone), sentences.way_out(finding, zone=zone)


def draft(kind="coupon", off="%10", **terms):
    return offer(kind, off, **{"one_per_customer": True, "state": "in_review", **terms})


def live(kind, off="%10", **terms):
    return offer(kind, off, **{"reference": "PR-1007", **terms})
