"""Everything that the page of a request shows, in as many queries for one product as for thousands."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import why_not
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.prepared import Prepared
from promoflow.promotions import (
    absences,
    amendments,
    checker,
    neighbours,
    outgrowing,
    permissions,
    quorum,
    readiness,
    selectors,
)
from promoflow.promotions.checker import Report, Sum
from promoflow.promotions.content import decode
from promoflow.promotions.models import (
    BEFORE_LIVE,
    Activation,
    ConflictReport,
    Decision,
    PromotionRequest,
    Revision,
    State,
)
from promoflow.promotions.pages import deadlines, deeds
from promoflow.promotions.pages.deadlines import Deadline
from promoflow.promotions.pages.deeds import Deed
from promoflow.promotions.wording import presenting, sentences, terms, words
from promoflow.promotions.wording.presenting import Changed, Shown
from promoflow.promotions.wording.terms import Off
from promoflow.reading import one_reading
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.offers import Offer, Window
from promoflow.rulebook.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A finding as the page shows it, with what people said to it."""

    shown: Shown
    reason: str = ""
    acknowledged: bool = False
    unasked: bool = False
    """A warning that came up only after the operator gave their reasons."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A product that the request touches, and what shoppers would pay for it at worst."""

    product: Product
    chosen: bool
    skus: tuple[str, ...]
    total: Sum | None
    offs: tuple[Off, ...]
    is_never_sold: bool
    """A parent without a price: its variations are sold and checked in its place."""

    @property
    def floor(self) -> Decimal | None:
        return self.total.floor if self.total else self.product.floor_price

    @property
    def is_floor_assumed(self) -> bool:
        return self.product.floor_price is None and self.floor is not None

    @property
    def off(self) -> Decimal | None:
        """How much of the price is gone, in percent."""
        return terms.percent_off(self.total)


_REVISIONS: Final = Prepared(
    lambda request: Revision.objects.filter(request=request).select_related("edited_by").order_by("-number")
)
_DECISIONS: Final = Prepared(
    lambda request: (
        Decision.objects.filter(request=request)
        .select_related("decided_by", "on_behalf_of", "voided_by", "revision", "report__policy")
        .order_by("-pk")
    )
)


class Dossier:
    """One request as somebody sees it at an instant; each part is read when it is first asked for."""

    def __init__(self, request: PromotionRequest, *, by: User, at: datetime) -> None:
        self.request, self.by, self.at = request, by, at
        self.store = request.store
        self.zone = request.store.marketplace.time_zone
        self.currency = request.store.marketplace.currency
        self.revision: Revision = request.newest
        self.content: dict[str, Any] = decode(self.revision.body)
        self.offer: Offer = neighbours.offer_of(request)

    # --- What the rules say ---------------------------------------------------------------------------

    @cached_property
    def policy(self) -> Policy:
        return self.report.policy if self.report else policies.current()

    @cached_property
    def _family(self) -> dict[str, Product]:
        """What it covers by ASIN, and the children that its parents have by now."""
        return catalog.products_of(self.store, self.content["covered"], parents=self.content["asins"])

    @cached_property
    def products(self) -> list[Product]:
        covered = set(self.content["covered"])
        return [product for asin, product in self._family.items() if asin in covered]

    @cached_property
    def report(self) -> Report | None:
        """What the rules find now; once it has run or is over, nothing: the past shows what was seen then."""
        if self.request.state not in BEFORE_LIVE:
            return None
        return self.report_now()

    def report_now(self) -> Report:
        """What the rules say of it at this instant, whatever became of it."""
        return checker.report_of(self.request, at=self.at, family=self._family.values())

    @cached_property
    def beside(self) -> Report | None:
        """What the picture shows it beside: also of one that runs, which the rules are not asked of anew."""
        if self.request.state == State.LIVE:
            return self.report_now()
        return self.report

    @cached_property
    def stored(self) -> ConflictReport | None:
        """The newest report that somebody acted on."""
        return (
            ConflictReport.objects.filter(revision=self.revision)
            .select_related("policy")
            .order_by("-pk")
            .first()
        )

    @cached_property
    def remarks(self) -> list[Remark]:
        """The findings now, or those of the last report where nothing is asked anew."""
        if self.report:
            return self._remarks(self.report.findings)
        return self._remarks(checker.stored_findings(self.stored)) if self.stored else []

    @property
    def blocks(self) -> list[Remark]:
        return self._of("block")

    @cached_property
    def unapprovable(self) -> str:
        """Why nobody may approve it as it stands, or nothing."""
        if self.request.state != State.IN_REVIEW or self.report is None:
            return ""
        if self.blocks:
            return _("The rules block it as it stands: nobody can approve it. Return it with the way out.")
        misfit = why_not(amendments.check_fits, self.request, self.content, at=self.at)
        return misfit or outgrowing.problem(self.request, self.report)

    @cached_property
    def unready(self) -> str:
        """Why nobody sets up at Amazon what is approved, or nothing."""
        if self.request.state != State.APPROVED or self.report is None:
            return ""
        return why_not(readiness.check, self.request, self.report, at=self.at)

    @property
    def warnings(self) -> list[Remark]:
        return self._of("warn")

    @property
    def listed(self) -> list[Remark]:
        """Those that stand in the list."""
        return [remark for remark in self.remarks if not remark.shown.is_beside_the_price]

    def _of(self, severity: str) -> list[Remark]:
        return [remark for remark in self.remarks if remark.shown.severity == severity]

    def _remarks(self, findings: tuple[Finding, ...], acknowledged: Collection[str] = ()) -> list[Remark]:
        titles = {product.asin: product.title for product in self.products}
        reasons = self.request.reasons
        is_submitted = self.request.state in (State.IN_REVIEW, State.APPROVED)
        return [
            Remark(
                shown=shown,
                reason=reasons.get(shown.key, ""),
                acknowledged=shown.key in acknowledged,
                unasked=is_submitted and shown.severity == "warn" and shown.key not in reasons,
            )
            for shown in presenting.present(findings, zone=self.zone, currency=self.currency, titles=titles)
        ]

    # --- Products and prices --------------------------------------------------------------------------

    @cached_property
    def rows(self) -> list[Row]:
        """The products, the nearest to its floor first; before all, those that nobody can price."""
        chosen, sums, skus = set(self.content["asins"]), self._sums, catalog.skus_of(self.products)
        parents = {product.parent_id for product in self.products}
        rows = [
            Row(
                product=product,
                chosen=product.asin in chosen,
                skus=tuple(skus[product.pk]),
                total=sums.get(product.asin),
                offs=terms.offs(
                    sums.get(product.asin), reference=self.request.reference, currency=self.currency
                ),
                is_never_sold=product.price is None and product.pk in parents,
            )
            for product in self.products
        ]
        return sorted(rows, key=_nearness)

    @cached_property
    def missing(self) -> list[str]:
        """ASINs of the content that the catalog does not have."""
        known = {product.asin for product in self.products}
        return sorted(set(self.content["covered"]) - known)

    @property
    def worst(self) -> Row | None:
        return next((row for row in self.rows if row.total), None)

    @property
    def at_worst(self) -> str:
        """What it may cost, where that is known and the rules are asked."""
        cost = self.report.case.cost if self.report else None
        return sentences.at_worst(cost) if cost else ""

    @property
    def _sums(self) -> dict[str, Sum]:
        if self.report:
            return self.report.sums
        return checker.stored_sums(self.stored) if self.stored else {}

    # --- Who wrote, who decided -----------------------------------------------------------------------

    @cached_property
    def revisions(self) -> list[Revision]:
        """All of them, the newest first."""
        return _REVISIONS(request=self.request.pk) if self.revision.number > 1 else [self.revision]

    @cached_property
    def decisions(self) -> list[Decision]:
        """The newest first."""
        return _DECISIONS(request=self.request.pk)

    @cached_property
    def approval(self) -> Decision | None:
        """A valid approval of exactly this content, among the decisions already read."""
        return next(iter(quorum.counted(self.request, self.decisions)), None)

    @cached_property
    def seen_by_approver(self) -> list[Remark]:
        """What the approver saw, where the rules may say something else by now."""
        if self.approval is None:
            return []
        return self._remarks(checker.stored_findings(self.approval.report), self.approval.acknowledged)

    @cached_property
    def activation(self) -> Activation | None:
        """How it runs, with the people who saw to it; most of what is looked at does not run yet."""
        if not hasattr(self.request, "activation"):
            return None
        people = Activation.objects.select_related("live_by", "verified_by", "stopped_by")
        self.request.activation = people.get(request=self.request)
        return self.request.activation

    @property
    def replaced_id(self) -> str:
        """Amazon's id of the one that is said to be deactivated for it, or nothing."""
        return amendments.replaced_id(self.request) if self.activation else ""

    # --- In words -------------------------------------------------------------------------------------

    @property
    def discount(self) -> str:
        return terms.discount(self.offer, self.currency)

    @property
    def days(self) -> str:
        """When it runs, in the marketplace's days or hours."""
        return terms.days(self.offer, self.zone)

    @property
    def terms(self) -> list[tuple[str, str]]:
        """The fields that only some kinds have, by name, with their values in words."""
        return terms.named(amendments.in_force(self.request), zone=self.zone, currency=self.currency)

    @property
    def amended(self) -> list[Changed]:
        """What an amendment changes of what runs."""
        return presenting.difference_lines(
            amendments.changes(self.request), zone=self.zone, currency=self.currency, content=self.content
        )

    @property
    def doubt(self) -> str:
        """What Seller Central may refuse of an amendment that still waits to be set there."""
        return amendments.doubt(self.request, at=self.at) if self.request.state in BEFORE_LIVE else ""

    @property
    def next_step(self) -> str:
        """Who does what next."""
        match self.request.state:
            case State.DRAFT:
                return _("An operator of the store submits it for review.")
            case State.IN_REVIEW:
                return self._who_decides()
            case State.APPROVED:
                return self.unready or _("An operator sets it up in Seller Central and marks it live.")
            case State.LIVE if self.activation and self.activation.verified_at is None:
                return _("A supervisor who did not mark it live takes the second look.")
            case State.LIVE:
                return _("It runs, and two people have read it off Seller Central.")
            case State.ENDED if self.stage == selectors.COOLING:
                return _("It has ended, but shoppers may still redeem it. Its products stay reserved.")
            case State.REJECTED | State.CANCELLED if self.may_run:
                return _(
                    "It was approved and may stand in Seller Central: end it there. Others are warned of it."
                )
        return _("Nothing more happens to it. Copy it to begin again.")

    @cached_property
    def may_run(self) -> bool:
        """Whether it, or what it was before, may stand at Amazon although nobody marked that live."""
        return self.request.state not in BEFORE_LIVE and neighbours.may_run(self.request, at=self.at)

    def _who_decides(self) -> str:
        if "approve" in self.may:
            return absences.you_decide(self.by, self.request, at=self.at)
        if not self.deciders:
            return _(
                "Nobody may decide: every supervisor of the store wrote on it. Its manager can name another."
            )
        return _("%(names)s decides.") % {"names": words.one_of(self.deciders)}

    # --- What may be done, and until when -------------------------------------------------------------

    @cached_property
    def why_not(self) -> dict[str, str]:
        """For each deed that this state has, the sentence that refuses it to this person, or nothing."""
        with one_reading():
            return {
                deed: permissions.refusal(deed, self.by, self.request)
                or (self.unready if deed == "go_live" else "")
                for deed in deeds.OF_STATE[self.request.state]
                if deed != "verify" or self.verify_by is not None
            }

    @property
    def may(self) -> set[str]:
        return {deed for deed, sentence in self.why_not.items() if not sentence}

    @cached_property
    def buttons(self) -> list[Deed]:
        return deeds.buttons(self.request, self.why_not)

    @property
    def refused_buttons(self) -> list[tuple[str, list[str]]]:
        return deeds.refused(self.buttons)

    @cached_property
    def deciders(self) -> list[str]:
        """The names of those who may decide on it."""
        return absences.names(selectors.still_to_decide(self.request), self.request, at=self.at)

    @cached_property
    def danger(self) -> Window:
        """When it may touch a sale: earlier and longer than its window."""
        return self.policy.danger_window(self.offer)

    @property
    def gone_if_stopped(self) -> datetime | None:
        """Until when shoppers might redeem it if it were stopped now; None if it would never run at all."""
        danger = self.policy.danger_window(replace(self.offer, stopped_at=self.at))
        return danger.ends_at if danger else None

    @property
    def verify_by(self) -> datetime | None:
        """Until when the second look is due; None where there is none to take."""
        return deadlines.verify_by(self.activation, self.policy)

    @property
    def stage(self) -> str:
        """The state, with what is scheduled or cools off told apart."""
        return selectors.stage(self.request, danger=self.danger, at=self.at)

    @cached_property
    def deadlines(self) -> list[Deadline]:
        """What the clock will do next, in order."""
        return deadlines.of(self.request, self.offer, self.policy, at=self.at)


def _nearness(row: Row) -> tuple[bool, bool, Decimal, str]:
    room = row.total.room if row.total else Decimal(0)
    return (row.is_never_sold, row.total is not None, room, row.product.asin)
