"""The policy: which kinds may meet, how far each one's danger reaches, and what Amazon takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import combinations_with_replacement
from types import MappingProxyType
from typing import Any, Literal, cast

from promoflow.rulebook import groups, zones
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.money import rounded_up
from promoflow.rulebook.offers import ListedProduct, Offer, Window

Verdict = Literal["block", "warn", "may-meet"]
VERDICTS: tuple[Verdict, ...] = ("block", "warn", "may-meet")

_LIMITS = (
    "percent",
    "duration_hours",
    "days_ahead",
    "chosen_products",
    "covered_products",
    "title_length",
    "claim_code_length",
)


@dataclass(frozen=True, slots=True)
class Span:
    """From the least to the most that Amazon takes; None where it sets no bound that we know of."""

    least: Decimal | None
    most: Decimal | None

    def __contains__(self, amount: Decimal | int) -> bool:
        return (self.least is None or amount >= self.least) and (self.most is None or amount <= self.most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What Amazon takes of one kind; counts of hours, days, products and characters, and percentages."""

    percent: Span
    duration_hours: Span
    days_ahead: Span
    chosen_products: Span
    chosen_parents: Span
    covered_products: Span
    title_length: Span
    claim_code_length: Span
    least_budget: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class KindRules:
    """The times and limits of one kind; `hours_after_stop` None means: to its original end."""

    hours_before: int
    hours_after: int
    hours_after_stop: int | None
    decide_hours: int
    limits: Limits


@dataclass(frozen=True, kw_only=True, slots=True)
class Splitting:
    """How many days count as one go, and the share of a price that small steps may not reach together."""

    within: timedelta
    percent: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Routing:
    """From which risk on more than one supervisor approves; None is no such rule (see routing.py)."""

    two_from_percent: Decimal | None
    two_above: Mapping[str, Decimal]
    """By currency, and "other": what a promotion may cost at worst before it takes two people."""
    two_unbounded_from_percent: Decimal | None
    managers_from_percent: Decimal | None
    """From this depth on its managers approve, not its supervisors."""
    retype_from_products: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Blackout:
    """Days, the last one included, on which promotions of these kinds may not touch a sale."""

    name: str
    first_day: date
    last_day: date
    kinds: frozenset[str]
    verdict: Verdict
    reason: str

    def window(self, zone: str) -> Window:
        """From midnight to midnight in the marketplace."""
        first, last = zones.nearest_that_counts(self.first_day), zones.nearest_that_counts(self.last_day)
        return Window(zones.start_of_day(first, zone), zones.start_of_day(last + timedelta(days=1), zone))


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One numbered version of the rules.

    A version from before a rule existed is silent on it: then there is no such rule in that version.
    """

    number: int
    pairs: Mapping[frozenset[str], Verdict]
    kinds: Mapping[str, KindRules]
    default_floor_percent: Decimal
    late_mark_hours: int
    verify_within_minutes: int
    exposure_above: Mapping[str, Decimal]
    """By currency, and "other": what a promotion may cost at worst before somebody has to say why."""
    splitting: Splitting | None
    routing: Routing | None
    reference_price_days: int
    """For so many days after a deal Amazon may ask that another one goes below its price; 0: no such rule."""
    blackouts: tuple[Blackout, ...]
    groups: Mapping[str, tuple[tuple[int, int | None], ...]]

    def pair(self, a: str, b: str) -> Verdict:
        """What happens when two kinds meet on a product; what the policy does not know, it blocks."""
        return self.pairs.get(frozenset((a, b)), "block")

    def danger_window(self, offer: Offer) -> Window:
        """The time in which an offer may touch a sale.

        Padded for how early Amazon may start it and how late it may be gone. A stopped one reaches on after
        the stop, never beyond its original danger; stopped so early that it never runs, it has none (an empty
        window). Where a stop ends nothing that is out, that is by when Amazon locks it.
        """
        rules = self._rules(offer.kind)
        if offer.stopped_at is None and not rules.hours_before and not rules.hours_after:
            return offer.window
        starts_at = offer.window.starts_at - _hours(rules.hours_before)
        ends_at = offer.window.ends_at + _hours(rules.hours_after)
        if offer.stopped_at is None:
            return Window(starts_at, ends_at)
        if rules.hours_after_stop is not None:
            ends_at = min(ends_at, offer.stopped_at + _hours(rules.hours_after_stop))
        elif offer.stopped_at <= min(starts_at, self.decide_by(offer)):
            ends_at = starts_at
        return Window(starts_at, max(starts_at, ends_at))

    def danger_ends_after(self, offer: Offer, instant: datetime) -> bool:
        """Asked of hundreds of offers, nearly all of which end late enough without any padding."""
        if offer.stopped_at is None and offer.window.ends_at > instant:
            return True
        return self.danger_window(offer).ends_at > instant

    def decide_by(self, offer: Offer) -> datetime:
        """The last instant at which a decision still reaches Amazon before it locks the promotion."""
        if offer.decide_until is not None:
            return offer.decide_until
        return offer.window.starts_at - timedelta(hours=self._rules(offer.kind).decide_hours)

    def mark_live_by(self, offer: Offer) -> datetime:
        """Until when an approved offer may still be marked live."""
        if offer.decide_until is not None:
            return offer.decide_until
        return min(offer.window.starts_at + timedelta(hours=self.late_mark_hours), offer.window.ends_at)

    def verify_by(self, live_at: datetime) -> datetime:
        """Until when the second look at what was marked live then is due."""
        return live_at + timedelta(minutes=self.verify_within_minutes)

    def floor_of(self, product: ListedProduct) -> Decimal | None:
        """The product's own floor, else the default share of its price; None where neither is known."""
        if product.floor is not None:
            return product.floor
        if product.price is None:
            return None
        return rounded_up(product.price * self.default_floor_percent / 100, product.currency)

    @property
    def look_back(self) -> timedelta:
        """How long before a promotion another one still matters to it."""
        days = timedelta(days=self.reference_price_days)
        return max(days, self.splitting.within) if self.splitting else days

    def conflict_groups(self, kind: str) -> tuple[tuple[int, int | None], ...]:
        """The groups that a reservation of this kind is held in, each with its member (see groups.py)."""
        if kind not in self.groups:
            raise ValueError(f"the policy does not know the kind {kind}")
        return self.groups[kind]

    def _rules(self, kind: str) -> KindRules:
        """A kind that the policy does not know gets the widest times that it knows."""
        rules = self.kinds.get(kind)
        if rules is not None:
            return rules
        known = self.kinds.values()
        return KindRules(
            hours_before=max(rules.hours_before for rules in known),
            hours_after=max(rules.hours_after for rules in known),
            hours_after_stop=None,
            decide_hours=max(rules.decide_hours for rules in known),
            limits=next(iter(known)).limits,
        )


def of_currency(amounts: Mapping[str, Decimal], currency: str) -> Decimal | None:
    """The amount in this currency, or the one for every other; None where the policy has none."""
    return amounts.get(currency, amounts.get("other"))


@cache
def _hours(count: int) -> timedelta:
    """Asked for with the danger of each of hundreds of offers."""
    return timedelta(hours=count)


def read(data: Mapping[str, Any]) -> Policy:
    """The policy written in a JSON document; ValueError names whatever it leaves open."""
    pairs = _pairs(_at(data, "pairs"))
    return Policy(
        number=_whole(data, "version"),
        pairs=MappingProxyType(pairs),
        kinds=MappingProxyType({kind: _kind_rules(data, f"kinds.{kind}") for kind in KINDS}),
        default_floor_percent=_share(data, "floor.default_percent.value"),
        late_mark_hours=_whole(data, "going_live.late_mark_hours.value"),
        verify_within_minutes=_whole(data, "going_live.verify_within_minutes.value"),
        exposure_above=_amounts(data, "exposure.warn_above") if "exposure" in data else MappingProxyType({}),
        splitting=_splitting(data) if "splitting" in data else None,
        routing=_routing(data) if "routing" in data else None,
        reference_price_days=_whole(data, "after_effects.days.value") if "after_effects" in data else 0,
        blackouts=tuple(_blackout(row) for row in data.get("blackouts", ())),
        groups=MappingProxyType(groups.of_kinds(frozenset(pair for pair in pairs if pairs[pair] == "block"))),
    )


def _pairs(rows: Any) -> dict[frozenset[str], Verdict]:
    found: dict[frozenset[str], Verdict] = {}
    for row in rows:
        kinds, verdict = tuple(row["kinds"]), row["verdict"]
        name = " and ".join(kinds)
        if len(kinds) != 2 or not set(kinds) <= set(KINDS):
            raise ValueError(f"the policy pairs kinds that do not exist: {name}")
        if verdict not in VERDICTS:
            raise ValueError(f"the policy's verdict on {name} is none of {', '.join(VERDICTS)}")
        if frozenset(kinds) in found:
            raise ValueError(f"the policy decides {name} twice")
        found[frozenset(kinds)] = cast(Verdict, verdict)
    for a, b in combinations_with_replacement(KINDS, 2):
        if frozenset((a, b)) not in found:
            raise ValueError(f"the policy does not decide {a} and {b}")
    return found


def _kind_rules(data: Mapping[str, Any], path: str) -> KindRules:
    after_stop = _at(data, f"{path}.danger.hours_after_stop.value")
    return KindRules(
        hours_before=_whole(data, f"{path}.danger.hours_before.value"),
        hours_after=_whole(data, f"{path}.danger.hours_after.value"),
        hours_after_stop=(
            None if after_stop == "to-the-end" else _whole(data, f"{path}.danger.hours_after_stop.value")
        ),
        decide_hours=_whole(data, f"{path}.decide_hours_before_start.value"),
        limits=Limits(
            **{name: _span(data, f"{path}.limits.{name}") for name in _LIMITS},
            chosen_parents=_parents(data, f"{path}.limits"),
            least_budget=_amounts(data, f"{path}.limits.least_budget"),
        ),
    )


def _span(data: Mapping[str, Any], path: str) -> Span:
    least, most = _bound(data, f"{path}.least"), _bound(data, f"{path}.most")
    if least is not None and most is not None and least > most:
        raise ValueError(f"the policy's {path} has a least above its most")
    return Span(least, most)


def _parents(data: Mapping[str, Any], path: str) -> Span:
    named = "chosen_parents" in _at(data, path)
    return _span(data, f"{path}.chosen_parents") if named else Span(None, None)


def _bound(data: Mapping[str, Any], path: str) -> Decimal | None:
    return None if _at(data, path) is None else Decimal(_whole(data, path))


def _splitting(data: Mapping[str, Any]) -> Splitting:
    return Splitting(
        within=timedelta(days=_whole(data, "splitting.within_days.value")),
        percent=_share(data, "splitting.percent.value"),
    )


def _routing(data: Mapping[str, Any]) -> Routing:
    """Each of its rules may be left out."""
    named = _at(data, "routing")

    def share(name: str) -> Decimal | None:
        return _share(data, f"routing.{name}.value") if name in named else None

    return Routing(
        two_from_percent=share("two_from_percent"),
        two_above=_amounts(data, "routing.two_above") if "two_above" in named else MappingProxyType({}),
        two_unbounded_from_percent=share("two_unbounded_from_percent"),
        managers_from_percent=share("managers_from_percent"),
        retype_from_products=(
            _whole(data, "routing.retype_from_products.value") if "retype_from_products" in named else None
        ),
    )


def _blackout(row: Mapping[str, Any]) -> Blackout:
    name = str(row.get("name", ""))
    first_day, last_day = _day(row, "first_day", name), _day(row, "last_day", name)
    kinds, verdict = frozenset(row.get("kinds", ())), row.get("verdict")
    if last_day < first_day:
        raise ValueError(f"the policy's blackout {name} ends before it begins")
    if not kinds or not kinds <= set(KINDS):
        raise ValueError(f"the policy's blackout {name} is for kinds that do not exist")
    if verdict not in ("block", "warn"):
        raise ValueError(f"the policy's verdict on the blackout {name} is neither block nor warn")
    return Blackout(
        name=name,
        first_day=first_day,
        last_day=last_day,
        kinds=kinds,
        verdict=cast(Verdict, verdict),
        reason=str(row.get("reason", "")),
    )


def _day(row: Mapping[str, Any], field: str, name: str) -> date:
    try:
        return date.fromisoformat(str(row.get(field)))
    except ValueError as error:
        raise ValueError(f"the policy's blackout {name} has no {field}") from error


def _amounts(data: Mapping[str, Any], path: str) -> Mapping[str, Decimal]:
    """By currency, "other" for those that no source names; empty where there is no such limit."""
    amounts = _at(data, f"{path}.amounts")
    if amounts and "other" not in amounts:
        raise ValueError(f"the policy says nothing about {path}.amounts.other")
    return MappingProxyType({name: Decimal(_whole(data, f"{path}.amounts.{name}")) for name in amounts})


def _share(data: Mapping[str, Any], path: str) -> Decimal:
    share = _whole(data, path)
    if share > 100:
        raise ValueError(f"the policy's {path} is above 100")
    return Decimal(share)


def _whole(data: Mapping[str, Any], path: str) -> int:
    value = _at(data, path)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"the policy's {path} is not a whole number")
    return value


def _at(data: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(data, Mapping) or name not in data:
            raise ValueError(f"the policy says nothing about {path}")
        data = data[name]
    return data
