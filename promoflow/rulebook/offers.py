"""Offers: what a request's content promises to shoppers, as frozen values the rules can reason about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any

from promoflow.rulebook import kinds
from promoflow.rulebook.texts import amount_or_none, as_text, text_or_none

# What has been decided and may touch a sale; an ended one does so while its danger window runs on.
HELD = ("approved", "live", "ended")
IN_REVIEW = "in_review"
# What was approved, left without having been marked live, and may stand at Amazon all the same. It holds
# nothing, and is no state of a request: that may be another one by now.
MAY_RUN = "may_run"
UNDECIDED = ("draft", IN_REVIEW)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time in UTC; one that ends where it starts is empty and meets nothing."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a window needs instants with a time zone")
        if self.ends_at < self.starts_at:
            raise ValueError("a window cannot end before it starts")

    @property
    def data(self) -> list[str]:
        """As plain JSON values."""
        return [as_text(self.starts_at), as_text(self.ends_at)]

    def __bool__(self) -> bool:
        return self.starts_at < self.ends_at

    def __contains__(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    def overlaps(self, other: "Window") -> bool:
        return max(self.starts_at, other.starts_at) < min(self.ends_at, other.ends_at)

    def intersection(self, other: "Window") -> "Window | None":
        starts_at = max(self.starts_at, other.starts_at)
        ends_at = min(self.ends_at, other.ends_at)
        return Window(starts_at, ends_at) if starts_at < ends_at else None


def window_from_data(pair: Sequence[str]) -> Window:
    """The window whose data this is."""
    starts_at, ends_at = map(datetime.fromisoformat, pair)
    return Window(starts_at, ends_at)


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same time as windows that neither meet nor touch, in order."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda window: window.starts_at):
        if found and window.starts_at <= found[-1].ends_at:
            found[-1] = Window(found[-1].starts_at, max(found[-1].ends_at, window.ends_at))
        elif window:
            found.append(window)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Discount:
    """What comes off: a percentage, money, a price to sell at, or free items (then without a value)."""

    type: str
    value: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One promotion as the rules see it.

    `asins` are all it covers, children of chosen parents too; `chosen` are those that were typed.
    """

    reference: str
    state: str
    kind: str
    discount: Discount
    asins: frozenset[str]
    window: Window
    chosen: frozenset[str] = frozenset()
    currency: str = ""
    claim_code: str | None = None
    claim_type: str | None = None
    combinability: str | None = None
    budget: Decimal | None = None
    one_per_customer: bool | None = None
    units_per_order: int | None = None
    max_redemptions: int | None = None
    committed_units: int | None = None
    buy_quantity: int | None = None
    get_quantity: int | None = None
    stopped_at: datetime | None = None
    decide_until: datetime | None = None
    """By when it is decided where that is not before its start: an amendment of what runs."""
    amends: str | None = None
    """The reference of what it is to take the place of: until then the two are one promotion at Amazon."""
    _data: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def running(self) -> Window:
        """The time in which it is meant to sell: its window, cut where a person stopped it."""
        if self.stopped_at is None or self.stopped_at >= self.window.ends_at:
            return self.window
        return Window(self.window.starts_at, max(self.window.starts_at, self.stopped_at))

    @property
    def shown(self) -> Window:
        """From when to when it runs as people are told; what was stopped before its start keeps its plan."""
        return self.running or self.window

    @property
    def data(self) -> Mapping[str, Any]:
        """As plain JSON values, without what was typed: a report only says what it covers.

        Kept, because the same ones stand beside one candidate after the other.
        """
        if not self._data:
            self._data.update(self._written())
        return self._data

    def _written(self) -> dict[str, Any]:
        terms = {name: term for name, term in zip(_TERMS, _terms_of(self), strict=True) if term is not None}
        for name in _TERMS_READ.keys() & terms:
            terms[name] = as_text(terms[name])
        return {
            "reference": self.reference,
            "state": self.state,
            "kind": self.kind,
            "discount": [self.discount.type, text_or_none(self.discount.value)],
            "asins": sorted(self.asins),
            "window": self.window.data,
            "currency": self.currency,
            "terms": terms,
        }


_TERMS = (*kinds.FIELDS, "stopped_at", "amends")
_terms_of = attrgetter(*_TERMS)
# The terms that are more than a number or a word.
_TERMS_READ: Mapping[str, Any] = {"budget": Decimal, "stopped_at": datetime.fromisoformat}


def from_data(row: Mapping[str, Any]) -> Offer:
    """The offer whose data this is."""
    discount_type, value = row["discount"]
    terms = {
        name: _TERMS_READ[name](term) if name in _TERMS_READ else term for name, term in row["terms"].items()
    }
    return Offer(
        reference=row["reference"],
        state=row["state"],
        kind=row["kind"],
        discount=Discount(discount_type, amount_or_none(value)),
        asins=frozenset(row["asins"]),
        window=window_from_data(row["window"]),
        currency=row["currency"],
        **terms,
    )


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product of the store as the rules see it; `floor` is None where nobody has set one.

    `stock` counts its units for sale, None where that is not known; `parent` is the ASIN that pulls it in.
    """

    asin: str
    title: str
    price: Decimal | None
    floor: Decimal | None
    currency: str
    parent: str = ""
    stock: int | None = None


def amended_by(offers: Iterable[Offer]) -> set[str]:
    """The references of those that any of these amends: beside their amendments they count for nothing.

    But beside one that may still run: that may stand at Amazon next to them, as a promotion of its own.
    """
    return {offer.amends for offer in offers if offer.amends and offer.state != MAY_RUN}


def with_children(offers: Iterable[Offer], products: Iterable[ListedProduct]) -> list[Offer]:
    """The offers with the children that their chosen parents have by now.

    Amazon takes a parent to mean all its children, also one that joined after the approval (domain.md,
    section 7).
    """
    families: defaultdict[str, set[str]] = defaultdict(set)
    for product in products:
        if product.parent:
            families[product.parent].add(product.asin)
    return [_grown(offer, families) for offer in offers] if families else list(offers)


def _grown(offer: Offer, families: Mapping[str, set[str]]) -> Offer:
    joined = {asin for parent in offer.chosen & families.keys() for asin in families[parent]} - offer.asins
    return replace(offer, asins=offer.asins | joined) if joined else offer


def read(
    content: Mapping[str, Any],
    *,
    reference: str = "",
    state: str = "draft",
    stopped_at: datetime | None = None,
    amends: str | None = None,
) -> Offer:
    """The offer that a request's content makes; ValueError names what cannot be read."""
    starts_at, ends_at = instant(content, "starts_at"), instant(content, "ends_at")
    if starts_at >= ends_at:
        raise ValueError("ends_at must be after starts_at")
    return Offer(
        reference=reference,
        state=state,
        kind=_text(content, "kind"),
        discount=_discount(content),
        asins=frozenset(content.get("covered") or content.get("asins") or ()),
        window=Window(starts_at, ends_at),
        chosen=frozenset(content.get("asins") or ()),
        currency=content.get("currency", ""),
        budget=amount(content, "budget"),
        stopped_at=stopped_at,
        amends=amends,
        **{field: content.get(field) for field in kinds.FIELDS if field != "budget"},
    )


def instant(content: Mapping[str, Any], field: str) -> datetime:
    """The UTC instant in a field of the content."""
    try:
        found = datetime.fromisoformat(_text(content, field))
    except ValueError as error:
        raise ValueError(f"{field} is not an instant") from error
    if found.tzinfo is None:
        raise ValueError(f"{field} has no time zone")
    return found.astimezone(UTC)


def _discount(content: Mapping[str, Any]) -> Discount:
    discount_type = _text(content, "discount_type")
    value = amount(content, "discount_value")
    if value is None and discount_type != kinds.FREE_ITEMS:
        raise ValueError("discount_value is missing")
    return Discount(discount_type, value)


def _text(content: Mapping[str, Any], field: str) -> str:
    value = content.get(field)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{field} is missing")
    return value


def amount(content: Mapping[str, Any], field: str) -> Decimal | None:
    """Decimal from text only: a float would already have lost the cents."""
    value = content.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{field} must be written as text")
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{field} is not a number") from error
    if not amount.is_finite():
        raise ValueError(f"{field} is not a number")
    return amount
