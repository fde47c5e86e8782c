"""Findings as sentences: what was found, the arithmetic behind it, and the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext

from promoflow import phrases
from promoflow.promotions.wording import words
from promoflow.promotions.wording.finding_texts import (
    AT_WORST,
    BESIDE,
    FOUND,
    LEAVING_OUT,
    LET_GO,
    LET_GO_ONE_OF,
    MEETINGS,
    NAMES,
    ONE_BY_ONE,
    TOGETHER,
    WAYS_OUT,
)
from promoflow.rulebook.cost import Cost
from promoflow.rulebook.findings import Finding, Step

_NAMED_AT_MOST = 20
# What findings say in money, beside prices and floors.
_MONEY = ("budget", "each", "cost", "counts_with", "limit")
# What the policy says of two kinds, as the texts of what follows from it are called.
_VERDICTS = {"block": "never", "warn": "doubtful", "may-meet": "allowed"}


@dataclass(frozen=True)
class Line:
    """One line of a sum; `role` is price, off, result or floor."""

    role: str
    text: str
    amount: str


def sentence(finding: Finding, *, zone: str) -> str:
    """What was found, with instants in this zone."""
    values = _values(finding, zone)
    if finding.code in MEETINGS:
        beside, together = BESIDE[_beside_key(finding, values)], TOGETHER[_together_key(finding)]
        return f"{beside} {together}" % values
    found = str(FOUND.get(_found_key(finding), finding.code)) % values
    if "bound" in finding.details:
        return f"{found} {str(AT_WORST[finding.details['bound']]) % values}"
    return found.strip()


def is_key(text: str) -> bool:
    """Whether this is what reasons and acknowledgements call a finding."""
    return text.count(":") == 2 and text.partition(":")[0] in NAMES


def name_of_key(key: str) -> str:
    """What a list calls a finding of which nothing but its key was kept: its name, and what it is about."""
    code, *about = key.split(":")
    name = str(NAMES.get(code, code))
    about = [one for part in about for one in part.split(",") if one]
    if not about:
        return name
    return gettext("%(finding)s (%(about)s)") % {"finding": name, "about": phrases.listed(about)}


def at_worst(cost: Cost) -> str:
    """What a promotion may cost, and what ends it."""
    amounts = {"each": words.money(cost.each, cost.currency), "cost": words.money(cost.amount, cost.currency)}
    return str(AT_WORST[cost.bound]) % {"units": cost.units, **amounts}


def way_out(finding: Finding, *, zone: str) -> str:
    """What to do about it; empty where there is nothing to do but know it."""
    key, values = _way_out_key(finding), _values(finding, zone)
    ways = [WAYS_OUT[key]] if key in WAYS_OUT else []
    if key in LEAVING_OUT and "pulled_in" in finding.details:
        ways.append(ONE_BY_ONE)
    if finding.let_go:
        ways.append(LET_GO if len(finding.let_go) == 1 else LET_GO_ONE_OF)
    return " ".join(str(way) % values for way in ways)


def arithmetic(finding: Finding, currency: str) -> list[Line]:
    """The sum behind a finding's price, line by line; empty where the price is not known.

    A finding that does not name its currency is in the one of the store.
    """
    if finding.price is None or not finding.steps:
        return []
    currency = finding.details.get("currency", currency)
    return sum_lines(finding.steps, price=finding.price, floor=finding.floor, currency=currency)


def sum_lines(steps: Sequence[Step], *, price: Decimal, floor: Decimal | None, currency: str) -> list[Line]:
    """A sum that a person can follow: the price, each promotion, what shoppers pay, the floor."""
    lines = [_step_line(step, currency) for step in steps]
    lines.append(Line("result", gettext("Shoppers would pay"), words.money(price, currency)))
    if floor is not None:
        lines.append(Line("floor", gettext("Floor price"), words.money(floor, currency)))
    return lines


def _step_line(step: Step, currency: str) -> Line:
    amount = words.money(step.amount, currency)
    if step.kind == "price":
        return Line("price", gettext("Price"), amount)
    values = {
        "reference": step.reference,
        "kind": words.kind(step.kind),
        "discount": words.discount_of_label(step.label, currency),
    }
    if step.reference:
        return Line("off", gettext("%(reference)s (%(kind)s, %(discount)s)") % values, amount)
    return Line("off", gettext("This request (%(kind)s, %(discount)s)") % values, amount)


def _beside_key(finding: Finding, values: Mapping[str, str]) -> str:
    details = finding.details
    if "other_stopped_at" in details and finding.code in ("cooling-off", "kinds-doubtful"):
        return "shortened" if details.get("other_state") == "live" else "stopped"
    if finding.code != "cooling-off":
        is_in_review = details.get("other_state") == "in_review"
        code = "review-conflict" if is_in_review else finding.code
        return f"{code} one day" if values["other_start"] == values["other_end"] else code
    is_before = _moment(details, "other_starts_at") < _moment(details, "starts_at")
    return "cooling-off before" if is_before else "cooling-off after"


def _together_key(finding: Finding) -> str:
    verdict = _VERDICTS[
        finding.details.get("verdict", "warn" if finding.code == "kinds-doubtful" else "block")
    ]
    if finding.price is None:
        return f"{verdict} unpriced"
    return f"{verdict} priced" if finding.price else f"{verdict} free"


def _found_key(finding: Finding) -> str:
    if finding.code in ("below-floor", "free") and not finding.others:
        return f"{finding.code} alone"
    if finding.code == "reference-price":
        return f"{finding.code} {finding.details['order']}"
    if finding.code == "unseen-prices" and finding.details["count"] != "1":
        return f"{finding.code} several"
    if finding.code == "no-way-back" and "has_passed" in finding.details:
        return f"{finding.code} passed"
    if finding.code == "discount-outside-limits" and "most" not in finding.details:
        return f"{finding.code} least"
    return finding.code


def _way_out_key(finding: Finding) -> str:
    stage = finding.details.get("stage")
    if stage and finding.severity == "block":
        return _way_out_of_what_runs(finding, stage)
    if finding.code in ("below-floor", "free"):
        if finding.greatest_discount is None:
            return "start" if finding.earliest_safe_start else "neither"
        return "discount or start" if finding.earliest_safe_start else "discount"
    if finding.code == "kinds-doubtful":
        return f"{finding.code} start" if finding.earliest_safe_start else finding.code
    if finding.earliest_safe_start:
        return "start" if finding.asin else "start only"
    if finding.code == "blackout" and finding.severity == "block":
        return "blackout running"
    return finding.code


def _way_out_of_what_runs(finding: Finding, stage: str) -> str:
    """What is live can be amended to more of it, or stopped; nothing else of it is changed any more."""
    if finding.code in ("below-floor", "free"):
        return f"neither {stage}"
    if f"{finding.code} {stage}" in WAYS_OUT:
        return f"{finding.code} {stage}"
    if stage == "running":
        return stage
    return stage if finding.code in MEETINGS else finding.code


def _values(finding: Finding, zone: str) -> dict[str, str]:
    """Everything that a sentence may name, in words."""
    details = finding.details
    currency = details.get("currency", "")
    return {
        **details,
        "asin": finding.asin,
        "others": _listed(finding.others),
        "let_go": _listed(finding.let_go),
        "reason": details.get("reason", ""),
        **_kinds(details),
        **_amounts(finding, currency),
        **_discounts(finding, currency),
        **_instants(finding, zone),
        **_safe_start(finding, zone),
    }


def _kinds(details: Mapping[str, str]) -> dict[str, str]:
    return {name: words.kind(details[name]) for name in ("kind", "other_kind") if name in details}


def _amounts(finding: Finding, currency: str) -> dict[str, str]:
    details = finding.details
    amounts = {"price": finding.price, "floor": finding.floor}
    amounts |= {name: Decimal(details[name]) for name in _MONEY if name in details}
    shares: dict[str, str] = {
        name: words.percent(Decimal(details[name]))
        for name in ("percent", "least", "most", "total")
        if name in details
    }
    listed = {"asins": _listed(details["asins"].split())} if "asins" in details else {}
    return {
        **{name: words.money(amount, currency) for name, amount in amounts.items() if amount is not None},
        **shares,
        **listed,
    }


def _discounts(finding: Finding, currency: str) -> dict[str, str]:
    details = finding.details
    found = {}
    if "discount" in details:
        found["discount"] = words.discount(details["discount"], details["label"], currency)
    if "other_discount" in details:
        found["other_discount"] = words.discount(details["other_discount"], details["other_label"], currency)
    if finding.greatest_discount is not None and "discount" in details:
        label = f"{finding.greatest_discount:f}"
        found["greatest"] = words.discount(details["discount"], label, currency)
    return found


def _instants(finding: Finding, zone: str) -> dict[str, str]:
    """The instants named, and the zone's name at them."""
    details = finding.details
    moments = {name: _moment(details, name) for name in details if name.endswith(("_at", "_by"))}
    if finding.window:
        moments.setdefault("starts_at", finding.window.starts_at)
    names = {
        "starts_at": "start",
        "decide_by": "decide_by",
        "other_stopped_at": "other_stopped",
        "other_danger_starts_at": "other_danger_start",
        "other_danger_ends_at": "other_tail",
        "danger_starts_at": "danger_start",
        "danger_ends_at": "danger_end",
        "cancel_by": "cancel_by",
    }
    found = {
        words_name: words.instant(moments[name], zone)
        for name, words_name in names.items()
        if name in moments
    }
    named = list(moments.values())
    if "other_starts_at" in moments:
        ends = _ends_of_other(moments)
        found["other_start"], found["other_end"] = words.span(*ends, zone)
        named = [moments["other_stopped_at"]] if "other_stopped_at" in moments else list(ends)
    if "blackout_starts_at" in moments:
        ends = (moments["blackout_starts_at"], moments["blackout_ends_at"])
        found["blackout_start"], found["blackout_end"] = words.span(*ends, zone)
    return {**found, "zone": words.zone_name(zone, *named)}


def _ends_of_other(moments: Mapping[str, datetime]) -> tuple[datetime, datetime]:
    """When it runs: cut where somebody stopped or shortened it while it ran."""
    starts_at, ends_at = moments["other_starts_at"], moments["other_ends_at"]
    stopped_at = moments.get("other_stopped_at", ends_at)
    return starts_at, stopped_at if starts_at < stopped_at < ends_at else ends_at


def _moment(details: Mapping[str, str], name: str) -> datetime:
    return datetime.fromisoformat(details[name])


def _safe_start(finding: Finding, zone: str) -> dict[str, str]:
    if finding.earliest_safe_start is None:
        return {}
    kind = finding.details.get("kind", "")
    return {
        "safe_start": words.start(finding.earliest_safe_start, zone, kind),
        "safe_zone": words.zone_name(zone, finding.earliest_safe_start),
    }


def _listed(names: Sequence[str]) -> str:
    return words.listed(names, at_most=_NAMED_AT_MOST)
