"""Problems of a content as sentences for the field that they stand beside."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from promoflow.promotions.wording import words
from promoflow.rulebook.limits import Problem

# By code; a text for one field ("missing claim_code"), a currency's unit ("money-decimals 1") or a one-sided
# range ("percent-range least") goes first.
_PROBLEMS: Mapping[str, str | Promise] = {
    "kind-unknown": _("Choose a kind from the list."),
    "missing": _("This is needed for a promotion of this kind (%(kind)s)."),
    "missing title": _("Give it a title."),
    "missing asins": _("Choose at least one product."),
    "missing starts_at": _("Say when it starts."),
    "missing ends_at": _("Say when it ends."),
    "missing discount_value": _("Say how much comes off."),
    "missing budget": _("Amazon asks for a budget here (%(kind)s)."),
    "missing claim_code": _("Type the code that shoppers will enter."),
    "missing claim_type": _("Say whether shoppers need a claim code."),
    "not-for-this-kind": _("Amazon has no such setting for this kind (%(kind)s): leave it empty."),
    "not-for-this-kind discount_type": _("Amazon has no discount of this type for this kind (%(kind)s)."),
    "not-a-number": _("This is not a number: type it like 12.50."),
    "not-an-instant": _("This is not a date and time."),
    "not-a-count": _("This must be a whole number above zero."),
    "not-a-choice": _("Choose one from the list."),
    "not-positive": _("This must be more than zero."),
    "money-decimals": _("An amount in %(currency)s has at most two digits behind the point."),
    "money-decimals 1": _("An amount in %(currency)s has no digits behind the point."),
    "percent-decimals": _("A percentage has at most two digits behind the point."),
    "percent-range": _("Amazon takes from %(least)s to %(most)s for this kind (%(kind)s)."),
    "percent-range least": _("Amazon takes at least %(least)s for this kind (%(kind)s)."),
    "percent-range most": _("Amazon takes at most %(most)s for this kind (%(kind)s)."),
    "percent-range free": _("A percentage is more than 0 and at most 100."),
    "title-length": _("Amazon takes at most %(most)s characters; this has %(length)s."),
    "title-discount": _(
        "Leave “%(named)s” out: Amazon shows shoppers the discount beside the title, and refuses a title "
        "that names it."
    ),
    "title-event": _("Leave “%(named)s” out: Amazon refuses a coupon's title that names an event."),
    "too-many-chosen": _(
        "Amazon takes at most %(most)s chosen products in one promotion; these are %(count)s."
    ),
    "too-many-parents": _(
        "Amazon takes at most %(most)s products with variations in one promotion; these are %(count)s."
    ),
    "too-many-covered": _(
        "With their variations these come to %(count)s products; Amazon takes at most %(most)s."
    ),
    "budget-too-small": _("Amazon takes no budget below %(least)s."),
    "budget-or-redemptions": _("Amazon asks for a budget, or for a greatest number of redemptions."),
    "code-characters": _("Only the letters A to Z and digits: Amazon takes nothing else in a claim code."),
    "code-prefix": _("At Amazon a social code begins with digits, such as 25LAMPSX. Type the whole code."),
    "code-length": _("Amazon takes codes of %(least)s to %(most)s characters; this has %(length)s."),
    "group-without-code": _("A group code needs the code that shoppers will enter."),
    "code-without-type": _("A code was typed, but shoppers need none: choose the type of code, or clear it."),
    "ends-before-start": _("It must end after it starts."),
    "duration": _("A promotion of this kind (%(kind)s) lasts from %(least)s to %(most)s hours."),
    "duration least": _("A promotion of this kind (%(kind)s) lasts at least %(least)s hours."),
    "duration most": _("A promotion of this kind (%(kind)s) lasts at most %(most)s hours."),
    "start-too-soon": _("Amazon takes this kind (%(kind)s) no later than %(hours)s hours before its start."),
    "start-too-far": _("Amazon takes this kind (%(kind)s) no more than %(days)s days ahead."),
    "not-midnight": _("It runs whole days: it starts and ends at midnight in %(zone)s."),
}


def problem_sentence(problem: Problem) -> str:
    """What Amazon would refuse, and what it would take."""
    return str(_PROBLEMS.get(_key(problem), problem.code)) % _values(problem)


def _key(problem: Problem) -> str:
    for detail in (problem.field, problem.params.get("unit"), _bounds(problem.params)):
        if f"{problem.code} {detail}" in _PROBLEMS:
            return f"{problem.code} {detail}"
    return problem.code


def _bounds(params: Mapping[str, str]) -> str:
    """Which of the two bounds of a range there are, where not both."""
    match "least" in params, "most" in params:
        case True, False:
            return "least"
        case False, True:
            return "most"
        case False, False:
            return "free"
        case _:
            return "both"


def _values(problem: Problem) -> dict[str, str]:
    values = dict(problem.params)
    currency = values.get("currency", "")
    if "kind" in values:
        values["kind"] = words.kind(values["kind"])
    for name in ("least", "most"):
        if name in values and problem.code == "percent-range":
            values[name] = words.percent(Decimal(values[name]))
        elif name in values and currency:
            values[name] = words.money(Decimal(values[name]), currency)
    return values
