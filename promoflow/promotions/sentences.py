"""Findings as sentences: what was found, the arithmetic behind it, and the way out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from promoflow.promotions import words
from promoflow.promotions.problem_sentences import problem_sentence
from promoflow.rulebook.findings import Finding, Step

__all__ = ["Line", "arithmetic", "problem_sentence", "sentence", "sum_lines", "way_out"]

Texts = Mapping[str, str | Promise]

_MEETINGS = ("kinds-forbidden", "cooling-off", "kinds-doubtful", "review-conflict")

# What stands on the product beside the candidate; of cooling-off by who is first, and whether it was stopped.
_BESIDE: Texts = {
    "kinds-forbidden": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s from %(other_start)s to "
        "%(other_end)s (%(zone)s)."
    ),
    "kinds-doubtful": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s from %(other_start)s to "
        "%(other_end)s (%(zone)s)."
    ),
    "review-conflict": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) is also in review, for %(asin)s from "
        "%(other_start)s to %(other_end)s (%(zone)s)."
    ),
    "kinds-forbidden one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s all day on %(other_start)s "
        "(%(zone)s)."
    ),
    "kinds-doubtful one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s all day on %(other_start)s "
        "(%(zone)s)."
    ),
    "review-conflict one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) is also in review, for %(asin)s all day on "
        "%(other_start)s (%(zone)s)."
    ),
    "cooling-off before": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s until %(other_tail)s "
        "(%(zone)s), and this one may start as early as %(danger_start)s."
    ),
    "cooling-off after": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) may start on %(asin)s as early as "
        "%(other_danger_start)s (%(zone)s), and this one is not surely over before %(danger_end)s."
    ),
    "cooling-off stopped": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) on %(asin)s was stopped on %(other_stopped)s "
        "(%(zone)s), but shoppers may still redeem it until %(other_tail)s, and this one may start as "
        "early as %(danger_start)s."
    ),
}

# What follows from it, by what is known of the price.
_TOGETHER: Texts = {
    "never priced": _(
        "These two kinds never meet (%(kind)s, %(other_kind)s): together they would sell it for %(price)s; "
        "its floor is %(floor)s."
    ),
    "never free": _(
        "These two kinds never meet (%(kind)s, %(other_kind)s): together they would give it away for "
        "%(price)s; its floor is %(floor)s."
    ),
    "never unpriced": _(
        "These two kinds never meet (%(kind)s, %(other_kind)s), and without its price nobody can say what "
        "shoppers would pay."
    ),
    "doubtful priced": _(
        "These two kinds add up (%(kind)s, %(other_kind)s): together they would sell it for %(price)s; its "
        "floor is %(floor)s."
    ),
    "doubtful free": _(
        "These two kinds add up (%(kind)s, %(other_kind)s): together they would give it away for %(price)s;"
        " its floor is %(floor)s."
    ),
    "doubtful unpriced": _(
        "These two kinds add up (%(kind)s, %(other_kind)s), and without its price nobody can say what "
        "shoppers would pay."
    ),
}

_FOUND: Texts = {
    "unknown-kind": _("The kind %(kind)s is not known here, so nothing about it can be checked."),
    "no-products": _("No product is chosen, so nothing has been checked."),
    "in-past": _("Its start, %(start)s (%(zone)s), has passed."),
    "too-late": _(
        "It was to be decided by %(decide_by)s (%(zone)s): Amazon takes a change of this kind (%(kind)s) no"
        " later than %(hours)s hours before its start, %(start)s."
    ),
    "product-unknown": _("%(asin)s is not in this store's catalog, so nothing about it can be checked."),
    "price-missing": _("%(asin)s has no price, so nobody can say what shoppers would pay."),
    "currency-differs": _(
        "%(asin)s is priced in %(currency)s, but this promotion is in %(candidate_currency)s."
    ),
    "not-a-discount": _(
        "On %(asin)s this takes nothing off: its price is %(price)s, the promotion is %(discount)s."
    ),
    "below-floor alone": _("By itself it would sell %(asin)s for %(price)s; its floor is %(floor)s."),
    "below-floor": _(
        "Together with %(others)s it would sell %(asin)s for %(price)s from %(start)s (%(zone)s) on; its "
        "floor is %(floor)s."
    ),
    "free alone": _("By itself it would give %(asin)s away for %(price)s; its floor is %(floor)s."),
    "free": _(
        "Together with %(others)s it would give %(asin)s away for %(price)s from %(start)s (%(zone)s) on; "
        "its floor is %(floor)s."
    ),
    "review-below-floor": _(
        "If %(others)s is approved too, %(asin)s would sell for %(price)s from %(start)s (%(zone)s) on; its"
        " floor is %(floor)s."
    ),
    "floor-assumed": _(
        "Nobody has set a floor price for %(asins)s, so %(percent)s of the price is taken as the floor."
    ),
    "discount-outside-limits": _(
        "On %(asins)s the discount comes to another share of the price than Amazon takes for this kind "
        "(%(kind)s): at least %(least)s, at most %(most)s."
    ),
    "discount-outside-limits least": _(
        "On %(asins)s the discount comes to less of the price than Amazon takes for this kind (%(kind)s): "
        "at least %(least)s."
    ),
    "code-reused": _(
        "%(others)s (%(other_kind)s) has the claim code %(other_code)s, which is the same to Amazon as "
        "%(claim_code)s."
    ),
    "no-redemption-cap": _(
        "One buyer may redeem it again and again: it is neither limited to one per customer nor capped in "
        "all."
    ),
    "group-code-unlimited": _(
        "Whoever knows the group code may take any number of units in one order: no greatest number is set."
    ),
    "budget-not-a-cap": _(
        "The budget of %(budget)s is no cap: Amazon takes the promotion off the site at 80 %% of it, and "
        "honours what shoppers have clipped or applied by then."
    ),
    "coupon-on-several-units": _(
        "It is not limited to one per customer, so it comes off up to five units of each order."
    ),
    "code-shared-with-influencers": _(
        "Amazon shares a social code with influencers and associates by itself, and that cannot be changed "
        "later."
    ),
}

_WAYS_OUT: Texts = {
    "start": _("Start it on %(safe_start)s (%(safe_zone)s) or later, or leave %(asin)s out."),
    "start only": _("Start it on %(safe_start)s (%(safe_zone)s) or later."),
    "discount": _("The deepest that keeps the floor is %(greatest)s; or leave %(asin)s out."),
    "discount or start": _(
        "The deepest that keeps the floor is %(greatest)s; or start it on %(safe_start)s (%(safe_zone)s) or"
        " later."
    ),
    "neither": _(
        "No discount that Amazon takes would keep the floor: leave %(asin)s out, or have its floor price "
        "changed."
    ),
    "unknown-kind": _("Choose another kind."),
    "no-products": _("Choose at least one product."),
    "in-past": _("Choose a later start."),
    "too-late": _("Choose a later start."),
    "product-unknown": _("Check the ASIN, or import the listing report that has it."),
    "price-missing": _("Import its price, or leave it out."),
    "currency-differs": _("Type the amount in %(currency)s, or import the price in %(candidate_currency)s."),
    "not-a-discount": _("Give a deeper discount, or leave %(asin)s out."),
    "floor-assumed": _("Import their floor prices, or give your reason to rely on this share."),
    "discount-outside-limits": _(
        "Change the discount, leave these products out, or give your reason to try it."
    ),
    "code-reused": _("Choose another claim code."),
    "kinds-doubtful": _("Move it, leave %(asin)s out, or give your reason why they may meet."),
    "review-conflict": _("Only one of the two can be approved: agree with its operator which."),
    "review-below-floor": _("Agree with the other operator who goes first, or lower the discount."),
    "no-redemption-cap": _("Limit it to one per customer, cap its redemptions, or give your reason."),
    "group-code-unlimited": _("Set the greatest number of units in one order, or give your reason."),
}


@dataclass(frozen=True)
class Line:
    """One line of a sum; `role` is price, off, result or floor."""

    role: str
    text: str
    amount: str


def sentence(finding: Finding, *, zone: str) -> str:
    """What was found, with instants in this zone."""
    values = _values(finding, zone)
    if finding.code in _MEETINGS:
        beside, together = _BESIDE[_beside_key(finding, values)], _TOGETHER[_together_key(finding)]
        return _joined(str(beside) % values, str(together) % values)
    return str(_FOUND.get(_found_key(finding), finding.code)) % values


def way_out(finding: Finding, *, zone: str) -> str:
    """What to do about it; empty where there is nothing to do but know it."""
    key = _way_out_key(finding)
    return str(_WAYS_OUT[key]) % _values(finding, zone) if key in _WAYS_OUT else ""


def arithmetic(finding: Finding) -> list[Line]:
    """The sum behind a finding's price, line by line; empty where the price is not known."""
    if finding.price is None or not finding.steps:
        return []
    currency = finding.details.get("currency", "")
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
    if finding.code != "cooling-off":
        is_one_day = values["other_start"] == values["other_end"]
        return f"{finding.code} one day" if is_one_day else finding.code
    details = finding.details
    if "other_stopped_at" in details:
        return "cooling-off stopped"
    is_before = _moment(details, "other_starts_at") < _moment(details, "starts_at")
    return "cooling-off before" if is_before else "cooling-off after"


def _together_key(finding: Finding) -> str:
    verdict = "doubtful" if finding.code == "kinds-doubtful" else "never"
    if finding.price is None:
        return f"{verdict} unpriced"
    return f"{verdict} priced" if finding.price else f"{verdict} free"


def _found_key(finding: Finding) -> str:
    if finding.code in ("below-floor", "free") and not finding.others:
        return f"{finding.code} alone"
    if finding.code == "discount-outside-limits" and "most" not in finding.details:
        return f"{finding.code} least"
    return finding.code


def _way_out_key(finding: Finding) -> str:
    if finding.code in ("below-floor", "free"):
        if finding.greatest_discount is None:
            return "start" if finding.earliest_safe_start else "neither"
        return "discount or start" if finding.earliest_safe_start else "discount"
    if finding.earliest_safe_start:
        return "start" if finding.asin else "start only"
    return finding.code


def _values(finding: Finding, zone: str) -> dict[str, str]:
    """Everything that a sentence may name, in words."""
    details = finding.details
    currency = details.get("currency", "")
    return {
        **details,
        "asin": finding.asin,
        "others": _listed(finding.others),
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
    if "budget" in details:
        amounts["budget"] = Decimal(details["budget"])
    shares: dict[str, str] = {
        name: words.percent(Decimal(details[name]))
        for name in ("percent", "least", "most")
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
    }
    found = {
        words_name: words.instant(moments[name], zone)
        for name, words_name in names.items()
        if name in moments
    }
    named = list(moments.values())
    if "other_starts_at" in moments:
        ends = (moments["other_starts_at"], moments["other_ends_at"])
        found["other_start"], found["other_end"] = words.span(*ends, zone)
        named = [moments["other_stopped_at"]] if "other_stopped_at" in moments else list(ends)
    return {**found, "zone": words.zone_name(zone, *named)}


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
    return pgettext("between the names of a list", ", ").join(names)


def _joined(*sentences: str) -> str:
    return pgettext("between two sentences", " ").join(sentences)
