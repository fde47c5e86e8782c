"""The panel beside the form of a draft: what the rules find in what is typed so far; it saves nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promoflow.promotions import checker
from promoflow.promotions.checker import Report
from promoflow.promotions.forms import windows
from promoflow.promotions.forms.drafting import EMPTY, DraftForm
from promoflow.promotions.pictures import picture
from promoflow.promotions.pictures.picture import Picture
from promoflow.promotions.pictures.scale import NARROW
from promoflow.promotions.wording import sentences, words
from promoflow.promotions.wording.presenting import Shown, present
from promoflow.promotions.wording.sentences import Line
from promoflow.rulebook import kinds, zones
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.offers import ListedProduct
from promoflow.rulebook.stacking import Segment, keeps_floor, plain
from promoflow.rulebook.texts import as_text

# What lowers a price together with others, and so may be cured by a smaller discount.
_OF_THE_SUM = ("below-floor", "free")
_SHOWN_AT_MOST = 20
_ALIKE_AT_MOST = 5
_OF_A_CODE_AT_MOST = 10


@dataclass(frozen=True)
class Refusal:
    """Something typed that Amazon would not take, and the field that it was typed into."""

    label: str
    sentence: str
    anchor: str


@dataclass(frozen=True)
class Priced:
    """A product with the lowest price that a shopper could reach, as a sum."""

    product: ListedProduct
    price: Decimal
    floor: Decimal | None
    lines: list[Line]
    is_floor_assumed: bool
    opened: bool = False

    @property
    def breaks(self) -> bool:
        return not keeps_floor(self.price, self.floor)

    @property
    def shown(self) -> str:
        """The price as its sum writes it."""
        return next(line.amount for line in self.lines if line.role == "result")


@dataclass(frozen=True)
class Alike:
    """Products of which the same was found as is shown of others."""

    severity: str
    asins: list[str]


@dataclass(frozen=True)
class WayOut:
    """A change that takes a block away; `do` is what its button sends."""

    label: str
    do: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What is shown; without a report nothing has been checked, which is never the same as no conflict."""

    needed: list[str]
    refusals: list[Refusal]
    report: Report | None = None
    findings: list[Shown] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)
    left_out: int = 0
    """How many findings are neither shown nor alike to one that is."""
    priced: list[Priced] = field(default_factory=list)
    ways_out: list[WayOut] = field(default_factory=list)
    pictured: Picture | None = None

    @property
    def more(self) -> int:
        """How many priced products are not shown."""
        return len(self.report.worst) - len(self.priced) if self.report else 0

    @property
    def tone(self) -> str:
        if self.report is None:
            return "quiet"
        if self.report.blocks:
            return "red"
        return "yellow" if self.report.warnings or self.refusals else "green"

    @property
    def verdict(self) -> str:
        """What is found, in one line."""
        if self.report is None:
            return _("Not checked yet")
        blocks, warnings = len(self.report.blocks), len(self.report.warnings)
        if blocks:
            return ngettext("Blocked for %(count)d reason", "Blocked for %(count)d reasons", blocks) % {
                "count": blocks
            }
        if warnings:
            return ngettext(
                "%(count)d warning, which needs your reason",
                "%(count)d warnings, which need your reasons",
                warnings,
            ) % {"count": warnings}
        return _("Cannot be saved like this") if self.refusals else _("Nothing stands against it")


def panel_of(
    form: DraftForm,
    query: QueryDict,
    *,
    at: datetime,
    reference: str = "",
    decide_until: datetime | None = None,
) -> Panel:
    """Check what a cleaned form holds, as a draft; the address may ask for other days of its picture."""
    refusals = _refusals(form)
    if not form.is_checkable():
        return Panel(needed=form.needed(), refusals=refusals)
    report = checker.report_on(
        form.store, form.content, at=at, reference=reference, decide_until=decide_until
    )
    titles = {product.asin: product.title for product in report.products}
    likes = _by_likeness(report.findings)
    findings = present(
        [finding for like in likes for finding in like[:_ALIKE_AT_MOST]],
        zone=form.zone,
        currency=form.currency,
        titles=titles,
    )
    return Panel(
        needed=[],
        refusals=refusals,
        report=report,
        findings=findings,
        alike=_alike(likes),
        left_out=len(report.findings) - sum(map(len, likes)),
        # A sum that a finding has spelled out already is not spelled out twice.
        priced=_priced(report, form.currency, opened=not any(shown.lines for shown in findings)),
        ways_out=_ways_out(form, report),
        pictured=picture.of_report(
            report, query, reverse("request-check"), at=at, zone=form.zone, frame=NARROW
        ),
    )


def _by_likeness(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Together what says the same of several products; the first few of each code."""
    found: dict[tuple[str, tuple[str, ...]], list[Finding]] = {}
    of_code: Counter[str] = Counter()
    for finding in findings:
        like = (finding.code, finding.others)
        if like not in found:
            of_code[finding.code] += 1
            if of_code[finding.code] > _OF_A_CODE_AT_MOST:
                continue
        found.setdefault(like, []).append(finding)
    return list(found.values())


def _alike(likes: Sequence[Sequence[Finding]]) -> list[Alike]:
    """What is left out, so that a coupon on a thousand products stays readable."""
    return [
        Alike(like[0].severity, [finding.asin for finding in like[_ALIKE_AT_MOST:]])
        for like in likes
        if len(like) > _ALIKE_AT_MOST
    ]


def _refusals(form: DraftForm) -> list[Refusal]:
    return [
        Refusal(str(form[name].label), sentence, form[name].id_for_label or form[name].auto_id)
        for name, errors in form.errors.as_data().items()
        if name in form.fields
        for error in errors
        if error.code not in EMPTY
        for sentence in ValidationError([error]).messages
    ]


def _priced(report: Report, currency: str, *, opened: bool) -> list[Priced]:
    """The products that come nearest to their floor, or fall below it, first."""
    floors = {product.asin: report.policy.floor_of(product) or Decimal(0) for product in report.products}
    nearest = sorted(
        (product for product in report.products if product.asin in report.worst),
        key=lambda product: (
            report.worst[product.asin].worst.price - floors[product.asin],
            product.asin,
        ),
    )
    return [
        _row(product, report, report.worst[product.asin], currency, opened=opened and len(report.worst) == 1)
        for product in nearest[:_SHOWN_AT_MOST]
    ]


def _row(product: ListedProduct, report: Report, segment: Segment, currency: str, *, opened: bool) -> Priced:
    floor = report.policy.floor_of(product)
    return Priced(
        product=product,
        price=segment.worst.price,
        floor=floor,
        lines=sentences.sum_lines(
            segment.worst.steps, price=segment.worst.price, floor=floor, currency=currency
        ),
        is_floor_assumed=product.floor is None,
        opened=opened,
    )


# --- Ways out -------------------------------------------------------------------------------------------


def _ways_out(form: DraftForm, report: Report) -> list[WayOut]:
    return [way for way in (_later(form, report.blocks), _shallower(form, report.blocks)) if way]


def _later(form: DraftForm, blocks: Sequence[Finding]) -> WayOut | None:
    """The earliest start at which nothing that another start could cure is left."""
    starts = [finding.earliest_safe_start for finding in blocks if finding.earliest_safe_start]
    if not starts:
        return None
    start, zone = max(starts), form.zone
    if form.kind.whole_days:
        label = _("Start on %(day)s") % {"day": words.start(start, zone, form.kind.code)}
    else:
        label = _("Start on %(instant)s (%(zone)s)") % {
            "instant": words.instant(start, zone),
            "zone": words.zone_name(zone, start),
        }
    return WayOut(label, f"start {as_text(start)}")


def _shallower(form: DraftForm, blocks: Sequence[Finding]) -> WayOut | None:
    """The greatest discount that keeps the floor of every product, where there is one for all."""
    found = [finding.greatest_discount for finding in blocks if finding.code in _OF_THE_SUM]
    amounts = [amount for amount in found if amount is not None]
    if not amounts or len(amounts) < len(found):
        return None
    discount_type = form.typed["discount_type"]
    deepest = max(amounts) if discount_type == kinds.PRICE else min(amounts)
    discount = words.discount(discount_type, f"{deepest:f}", form.currency)
    return WayOut(_("Make it %(discount)s") % {"discount": discount}, f"discount {plain(deepest)}")


def start_fields(form: DraftForm, start: datetime) -> dict[str, str]:
    """The window's fields of a cleaned form after moving it to another start."""
    starts_at, ends_at = (datetime.fromisoformat(form.typed[name]) for name in ("starts_at", "ends_at"))
    whole_days = form.kind.whole_days
    if whole_days:
        start = zones.next_midnight(start, form.zone)
    ends_at = windows.moved(starts_at, ends_at, start, form.zone, whole_days=whole_days)
    return windows.typed_as(start, ends_at, form.zone, whole_days=whole_days)


# --- Both clocks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clocks:
    """A window on the marketplace's clock and on the reader's."""

    starts_at: datetime | None
    ends_at: datetime | None
    whole_days: bool
    note: str

    @property
    def last_moment(self) -> datetime | None:
        """For whole days the last minute, because people think of the last day as a part of it."""
        return self.ends_at - timedelta(minutes=1) if self.ends_at and self.whole_days else self.ends_at


def clocks_of(form: DraftForm, reader: str) -> Clocks:
    """The typed window, with a note where the two clocks do not keep their distance."""
    starts_at, ends_at = (
        datetime.fromisoformat(form.typed[name]) if form.typed.get(name) else None
        for name in ("starts_at", "ends_at")
    )
    note = _distance(starts_at, ends_at, form.zone, reader) if starts_at and ends_at else ""
    return Clocks(starts_at, ends_at, form.kind.whole_days, note)


def _distance(starts_at: datetime, ends_at: datetime, zone: str, reader: str) -> str:
    first = windows.hours_apart(starts_at, zone, reader)
    last = windows.hours_apart(ends_at, zone, reader)
    if first == last:
        return ""
    return _(
        "Clocks change in between: your clock is %(first)s hours from the marketplace's at the start, and "
        "%(last)s hours at the end."
    ) % {"first": f"{first:+g}", "last": f"{last:+g}"}
