"""What was in front of somebody when they decided, out of what was stored then: nothing in it is of today."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from promoflow.audit import naming
from promoflow.audit import selectors as history
from promoflow.audit.models import Entry
from promoflow.policies import selectors as policies
from promoflow.promotions import checker
from promoflow.promotions.checker import Sum
from promoflow.promotions.content import decode
from promoflow.promotions.models import DECIDING, Decision, PromotionRequest
from promoflow.promotions.pages.dossier import Remark
from promoflow.promotions.pictures import picture
from promoflow.promotions.pictures.picture import Picture
from promoflow.promotions.pictures.scale import WIDE, Frame
from promoflow.promotions.wording import presenting, terms
from promoflow.promotions.wording.terms import Off
from promoflow.rulebook import findings as found
from promoflow.rulebook.offers import ListedProduct, Offer
from promoflow.rulebook.policy import Policy

Bytes = bytes | memoryview


@dataclass(frozen=True, kw_only=True)
class Row:
    """A product as it stood in the report, with the worst price of then."""

    product: ListedProduct
    chosen: bool
    total: Sum | None
    offs: tuple[Off, ...]

    @property
    def floor(self) -> Decimal | None:
        return self.total.floor if self.total else self.product.floor

    @property
    def is_floor_assumed(self) -> bool:
        return self.product.floor is None and self.floor is not None

    @property
    def off(self) -> Decimal | None:
        """How much of the price is gone, in percent."""
        return terms.percent_off(self.total)


@dataclass(frozen=True)
class Check:
    """A digest computed again from what is stored, beside those that were written down at the decision."""

    name: str
    computed: str
    recorded: tuple[tuple[str, str], ...]
    """Where it was written down, and what stands there."""

    @property
    def agrees(self) -> bool:
        return all(digest == self.computed for _where, digest in self.recorded)


class Seen:
    """One decision with the revision, the report and the rules that it names; each part read when asked for.

    It has the names of `dossier.Dossier`, so that the same parts of a page show both.
    """

    def __init__(self, decision: Decision, request: PromotionRequest) -> None:
        self.decision, self.request = decision, request
        self.revision, self.stored = decision.revision, decision.report
        self.zone = request.store.marketplace.time_zone
        self.currency = request.store.marketplace.currency
        self.content: dict[str, Any] = decode(self.revision.body)
        self.body: Mapping[str, Any] = json.loads(bytes(self.stored.body))

    @property
    def at(self) -> datetime:
        return self.decision.decided_at

    # --- The offer and its prices ---------------------------------------------------------------------

    @cached_property
    def offer(self) -> Offer:
        return found.candidate_of(self.body)

    @cached_property
    def policy(self) -> Policy:
        return policies.policy_of(self.stored.policy)

    @cached_property
    def products(self) -> tuple[ListedProduct, ...]:
        return found.products_of(self.body)

    @cached_property
    def rows(self) -> list[Row]:
        """The products, the nearest to its floor first; before all, those that nobody could price."""
        chosen, sums = set(self.content["asins"]), checker.stored_sums(self.stored)
        rows = [
            Row(
                product=product,
                chosen=product.asin in chosen,
                total=sums.get(product.asin),
                offs=terms.offs(
                    sums.get(product.asin), reference=self.request.reference, currency=self.currency
                ),
            )
            for product in self.products
        ]
        return sorted(rows, key=_nearness)

    @property
    def worst(self) -> Row | None:
        return next((row for row in self.rows if row.total), None)

    @property
    def discount(self) -> str:
        return terms.discount(self.offer, self.currency)

    @property
    def days(self) -> str:
        return terms.days(self.offer, self.zone)

    @property
    def terms(self) -> list[tuple[str, str]]:
        return terms.named(self.content, zone=self.zone, currency=self.currency)

    # --- What the rules found, and what people said to it -----------------------------------------------

    @cached_property
    def remarks(self) -> list[Remark]:
        """The findings with the operator's reasons and what the supervisor acknowledged."""
        reasons = self._submission.after if self._submission else {}
        shown = presenting.present(
            checker.stored_findings(self.stored),
            zone=self.zone,
            currency=self.currency,
            titles={product.asin: product.title for product in self.products},
        )
        return [
            Remark(
                shown=one,
                reason=str(reasons.get(one.key, "")),
                acknowledged=one.key in self.decision.acknowledged,
            )
            for one in shown
        ]

    @property
    def listed(self) -> list[Remark]:
        """Those that stand in the list, as on the reviewer's page."""
        return [remark for remark in self.remarks if not remark.shown.is_beside_the_price]

    @cached_property
    def _submission(self) -> Entry | None:
        """When this content was submitted: its entry holds the reasons, which the request may have lost."""
        submissions = history.timeline(self.request).filter(event="request.submitted", at__lte=self.at)
        found = submissions.filter(revision_digest=self.decision.digest).order_by("-pk")[:1]
        return next(iter(naming.shown(found)), None)

    @property
    def submitted_by(self) -> str:
        return self._submission.actor_name if self._submission else ""

    @property
    def submitted_at(self) -> datetime | None:
        return self._submission.at if self._submission else None

    @cached_property
    def given_before(self) -> list[Decision]:
        """The approvals of the same content that were given already."""
        earlier = self.request.decisions.filter(
            revision=self.revision, verdict="approve", pk__lt=self.decision.pk
        ).exclude(voided_at__lt=self.at)
        return list(earlier.select_related("decided_by").order_by("pk"))

    def pictured(self, query: QueryDict, address: str, *, frame: Frame = WIDE) -> Picture | None:
        """What ran beside it on one of its products, as the report has it."""
        products = picture.by_trouble(
            self.products,
            self.offer,
            findings=checker.stored_findings(self.stored),
            sums=checker.stored_sums(self.stored),
        )
        if not products:
            return None
        return picture.of_product(
            found.others_of(self.body),
            picture.asked(products, query),
            self.policy,
            query,
            address,
            at=self.at,
            zone=self.zone,
            candidate=self.offer,
            frame=frame,
        )

    # --- Whether it is what was decided on --------------------------------------------------------------

    @cached_property
    def entry(self) -> Entry | None:
        """The decision's own entry in the history."""
        entries = history.timeline(self.request).filter(
            event__in=DECIDING, at=self.at, actor=self.decision.decided_by
        )
        return entries.select_related("link").order_by("pk").first()

    @cached_property
    def checks(self) -> list[Check]:
        """The digests, computed anew."""
        decision, rules = self.decision, self.stored.policy
        return [
            self._check(_("Revision"), self.revision.body, decision.digest, "revision_hex"),
            self._check(_("Conflict report"), self.stored.body, decision.report_digest, "report_hex"),
            Check(
                _("Policy %(number)s") % {"number": rules.number},
                _sha256(rules.body),
                ((_("the policy version"), bytes(rules.digest).hex()),),
            ),
        ]

    def _check(self, name: str, body: Bytes, decided: Bytes, in_entry: str) -> Check:
        recorded = [(_("the decision"), bytes(decided).hex())]
        if self.entry and getattr(self.entry, in_entry):
            recorded.append((_("its entry in the history"), getattr(self.entry, in_entry)))
        return Check(name, _sha256(body), tuple(recorded))

    @property
    def agrees(self) -> bool:
        """Whether every digest is what was written down, and the report is by the rules that are shown."""
        return all(check.agrees for check in self.checks) and self.body["policy"] == self.stored.policy.number


def of(request: PromotionRequest, pk: int) -> Seen | None:
    """What was seen when this decision was taken; None where the request has none of this key."""
    decision = (
        request.decisions.select_related(
            "revision__edited_by", "report__policy", "decided_by", "on_behalf_of", "voided_by"
        )
        .filter(pk=pk)
        .first()
    )
    return Seen(decision, request) if decision else None


def _sha256(body: Bytes) -> str:
    return hashlib.sha256(bytes(body)).hexdigest()


def _nearness(row: Row) -> tuple[bool, Decimal, str]:
    return (row.total is not None, row.total.room if row.total else Decimal(0), row.product.asin)
