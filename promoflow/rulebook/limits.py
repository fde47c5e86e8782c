"""What Amazon would refuse in a request's content, field by field, before anybody types it there."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from promoflow.rulebook import claim_codes, kinds, offers, zones
from promoflow.rulebook.kinds import KINDS, Kind
from promoflow.rulebook.money import smallest_unit
from promoflow.rulebook.policy import Limits, Policy, Span, of_currency
from promoflow.rulebook.texts import as_text

CLAIM_TYPES = ("none", "single_use", "group")
COMBINABILITIES = ("preferential", "unrestricted", "exclusive")

_COUNTS = ("units_per_order", "max_redemptions", "committed_units", "buy_quantity", "get_quantity")
_CHOICES: Mapping[str, tuple[str, ...]] = {"claim_type": CLAIM_TYPES, "combinability": COMBINABILITIES}
_HUNDREDTH = Decimal("0.01")

# Amazon takes no event in a coupon's title, and does not say which there are: these are its own.
_EVENTS = (
    *("prime day", "prime big deal days", "black friday", "cyber monday"),
    *("プライムデー", "プライム感謝祭", "ブラックフライデー", "サイバーマンデー"),
)
_AMOUNT = re.compile(r"([$€£¥]?)\s*([0-9]+(?:[.,][0-9]{1,2})?)\s*([%$€£¥円]?)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that Amazon would refuse, for the field of the content that it is about."""

    field: str
    code: str
    params: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    content: Mapping[str, Any]
    kind: Kind
    policy: Policy
    zone: str
    now: datetime
    parents: int

    @property
    def limits(self) -> Limits:
        return self.policy.kinds[self.kind.code].limits

    @property
    def decide_hours(self) -> int:
        return self.policy.kinds[self.kind.code].decide_hours

    @property
    def currency(self) -> str:
        return str(self.content.get("currency") or "")

    def has(self, field: str) -> bool:
        return self.content.get(field) not in (None, "", [])

    def amount(self, field: str) -> Decimal | None:
        """None where there is none, or none that can be read (which is a problem of its own)."""
        try:
            return offers.amount(self.content, field)
        except ValueError:
            return None

    def instant(self, field: str) -> datetime | None:
        try:
            return offers.instant(self.content, field)
        except ValueError:
            return None


def problems(
    content: Mapping[str, Any], *, policy: Policy, zone: str, now: datetime, parents: int = 0
) -> tuple[Problem, ...]:
    """All that Amazon would refuse; nothing where it would take the content.

    `parents` says how many of the chosen products pull others in.
    """
    kind = KINDS.get(str(content.get("kind")))
    if kind is None:
        return (_problem("kind", "kind-unknown", kind=content.get("kind") or ""),)
    draft = _Draft(content=content, kind=kind, policy=policy, zone=zone, now=now, parents=parents)
    return tuple(problem for check in CHECKS for problem in check(draft))


def unreadable(draft: _Draft) -> Iterator[Problem]:
    """Values that are no amount, no instant, no count or none of the choices."""
    for field, (code, can_be_read) in _READABLE.items():
        if draft.has(field) and not can_be_read(draft, field):
            yield _problem(field, code)


def missing(draft: _Draft) -> Iterator[Problem]:
    """What every request needs, and what this kind needs."""
    for field in ("title", "asins", "starts_at", "ends_at", *draft.kind.required):
        if not draft.has(field):
            yield _problem(field, "missing", kind=draft.kind.code)
    if not draft.has("discount_value") and draft.content.get("discount_type") != kinds.FREE_ITEMS:
        yield _problem("discount_value", "missing", kind=draft.kind.code)


def not_of_the_kind(draft: _Draft) -> Iterator[Problem]:
    """Fields and discount types that this kind does not have."""
    for field in kinds.FIELDS:
        if field not in draft.kind.fields and draft.has(field):
            yield _problem(field, "not-for-this-kind", kind=draft.kind.code)
    discount_type = draft.content.get("discount_type")
    if discount_type not in draft.kind.discount_types:
        yield _problem("discount_type", "not-for-this-kind", kind=draft.kind.code)


def title(draft: _Draft) -> Iterator[Problem]:
    text = str(draft.content.get("title") or "")
    if text and len(text) not in draft.limits.title_length:
        yield _outside("title", "title-length", draft.limits.title_length, length=len(text))


def title_for_shoppers(draft: _Draft) -> Iterator[Problem]:
    """Shoppers read a coupon's title, and Amazon takes no discount and no event in it (domain.md, 4.8)."""
    if draft.kind.code != kinds.COUPON:
        return
    text = " ".join(unicodedata.normalize("NFKC", str(draft.content.get("title") or "")).casefold().split())
    for code, named in (("title-discount", _own_discount_in(text, draft)), ("title-event", _event_in(text))):
        if named:
            yield _problem("title", code, named=named)


def _event_in(text: str) -> str | None:
    return next((event for event in _EVENTS if event in text), None)


def _own_discount_in(text: str, draft: _Draft) -> str | None:
    """Any other number may be of the product: 100 % cotton, or five lamps in a box."""
    for found in _AMOUNT.finditer(text):
        sign, number, unit = found.groups()
        is_percent, is_money = unit == "%", bool(sign or unit) and unit != "%"
        is_meant = is_percent if draft.content.get("discount_type") == kinds.PERCENT else is_money
        if is_meant and Decimal(number.replace(",", ".")) == draft.amount("discount_value"):
            return found[0].strip()
    return None


def products(draft: _Draft) -> Iterator[Problem]:
    """How many may be chosen, and how many these may come to with their children."""
    chosen = len(draft.content.get("asins") or ())
    covered = len(draft.content.get("covered") or ())
    if chosen and chosen not in draft.limits.chosen_products:
        yield _outside("asins", "too-many-chosen", draft.limits.chosen_products, count=chosen)
    if draft.parents not in draft.limits.chosen_parents:
        yield _outside("asins", "too-many-parents", draft.limits.chosen_parents, count=draft.parents)
    if covered and covered not in draft.limits.covered_products:
        yield _outside("asins", "too-many-covered", draft.limits.covered_products, count=covered)


def discount(draft: _Draft) -> Iterator[Problem]:
    """The range of percentages, and amounts of money that exist in the currency."""
    value = draft.amount("discount_value")
    if value is None:
        return
    if draft.content.get("discount_type") != kinds.PERCENT:
        yield from _money(draft, "discount_value", value)
    elif not 0 < value <= 100 or value not in draft.limits.percent:
        yield _outside("discount_value", "percent-range", draft.limits.percent, kind=draft.kind.code)
    elif value % _HUNDREDTH:
        yield _problem("discount_value", "percent-decimals")


def budget(draft: _Draft) -> Iterator[Problem]:
    """The least that Amazon takes in the currency; some kinds may cap redemptions instead."""
    amounts, value = draft.limits.least_budget, draft.amount("budget")
    if value is not None:
        yield from _money(draft, "budget", value)
        least = of_currency(amounts, draft.currency)
        if least is not None and 0 < value < least:
            yield _problem("budget", "budget-too-small", least=least, currency=draft.currency)
    elif amounts and "budget" not in draft.kind.required and not draft.has("max_redemptions"):
        yield _problem("budget", "budget-or-redemptions")


def claim_code(draft: _Draft) -> Iterator[Problem]:
    if "claim_code" not in draft.kind.fields:
        return
    code, length = str(draft.content.get("claim_code") or ""), draft.limits.claim_code_length
    if code and not claim_codes.is_alphanumeric(code):
        yield _problem("claim_code", "code-characters")
    if code and len(code) not in length:
        yield _outside("claim_code", "code-length", length, length=len(code))
    if code and draft.kind.code == kinds.SOCIAL_CODE and not code[0].isdigit():
        yield _problem("claim_code", "code-prefix")
    if not code and draft.content.get("claim_type") == "group":
        yield _problem("claim_code", "group-without-code")
    if code and draft.content.get("claim_type") == "none":
        yield _problem("claim_code", "code-without-type")


def duration(draft: _Draft) -> Iterator[Problem]:
    """Half-open, in hours; from a day on by the calendar, whose days have 24 of them on any clock."""
    starts_at, ends_at = draft.instant("starts_at"), draft.instant("ends_at")
    if starts_at is None or ends_at is None:
        return
    if ends_at <= starts_at:
        yield _problem("ends_at", "ends-before-start")
        return
    by_calendar = zones.local(ends_at, draft.zone) - zones.local(starts_at, draft.zone)
    span = by_calendar if by_calendar >= timedelta(days=1) else ends_at - starts_at
    hours = Decimal(span // timedelta(minutes=1)) / 60
    if hours not in draft.limits.duration_hours:
        yield _outside("ends_at", "duration", draft.limits.duration_hours, kind=draft.kind.code)


def start(draft: _Draft) -> Iterator[Problem]:
    """Neither too soon for Amazon to take it, nor more days of the marketplace ahead than it plans."""
    starts_at = draft.instant("starts_at")
    if starts_at is None:
        return
    earliest = draft.now + timedelta(hours=draft.decide_hours)
    if starts_at < earliest:
        yield _problem("starts_at", "start-too-soon", hours=draft.decide_hours, kind=draft.kind.code)
    ahead = zones.local(starts_at, draft.zone).date() - zones.local(draft.now, draft.zone).date()
    most = draft.limits.days_ahead.most
    if most is not None and ahead.days > most:
        yield _problem("starts_at", "start-too-far", days=most, kind=draft.kind.code)


def whole_days(draft: _Draft) -> Iterator[Problem]:
    """A kind that runs whole days starts and ends where a day does in the marketplace."""
    if not draft.kind.whole_days:
        return
    for field in ("starts_at", "ends_at"):
        instant = draft.instant(field)
        if instant is not None and zones.next_midnight(instant, draft.zone) != instant:
            yield _problem(field, "not-midnight", zone=draft.zone)


_READABLE: Mapping[str, tuple[str, Callable[[_Draft, str], bool]]] = {
    **dict.fromkeys(
        ("discount_value", "budget"), ("not-a-number", lambda draft, field: draft.amount(field) is not None)
    ),
    **dict.fromkeys(
        ("starts_at", "ends_at"), ("not-an-instant", lambda draft, field: draft.instant(field) is not None)
    ),
    **dict.fromkeys(_COUNTS, ("not-a-count", lambda draft, field: _is_count(draft.content[field]))),
    **dict.fromkeys(_CHOICES, ("not-a-choice", lambda draft, field: draft.content[field] in _CHOICES[field])),
}

CHECKS: tuple[Callable[[_Draft], Iterator[Problem]], ...] = (
    unreadable,
    missing,
    not_of_the_kind,
    title,
    title_for_shoppers,
    products,
    discount,
    budget,
    claim_code,
    duration,
    start,
    whole_days,
)


def _money(draft: _Draft, field: str, value: Decimal) -> Iterator[Problem]:
    if value <= 0:
        yield _problem(field, "not-positive")
    elif value % smallest_unit(draft.currency):
        yield _problem(field, "money-decimals", currency=draft.currency, unit=smallest_unit(draft.currency))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _outside(field: str, code: str, span: Span, **values: object) -> Problem:
    return _problem(field, code, least=span.least, most=span.most, **values)


def _problem(field: str, code: str, **values: object) -> Problem:
    return Problem(field, code, {name: as_text(value) for name, value in values.items() if value is not None})
