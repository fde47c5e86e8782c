"""A request's dossier on paper: all that an auditor asks of it on one page, and what proves it."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import naming, signed
from promoflow.audit import selectors as history
from promoflow.audit.models import Entry
from promoflow.audit.services import exporting
from promoflow.audit.signed import Signed
from promoflow.catalog.models import Sku
from promoflow.promotions import quorum
from promoflow.promotions.models import Activation, Alarm, Attachment, Decision, PromotionRequest, Verdict
from promoflow.promotions.pages import discussion, dossier, looks, seen
from promoflow.promotions.pages.discussion import Said
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.pages.seen import Seen
from promoflow.promotions.pictures import picture
from promoflow.promotions.pictures.picture import Picture
from promoflow.promotions.wording import sentences, terms
from promoflow.promotions.wording.sentences import Line
from promoflow.templatetags.desk import exactly

LETTER: Final = ("US", "CA", "MX")
"""Where paper is Letter; elsewhere it is A4."""

SPELLED_OUT: Final = 300
"""So many products have a line of their own; a table of thousands takes a browser too long to break."""


@dataclass(frozen=True)
class Priced:
    """A product with its SKUs; its prices are those of the approval, or of now where there is none."""

    row: seen.Row | dossier.Row
    skus: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """An entry with what proves that it stands under the newest checkpoint, or why nothing does."""

    entry: Entry
    hashes: tuple[str, ...] = ()
    problem: str = ""


class Paper:
    """What the printed dossier says; each part is read when it is first asked for."""

    def __init__(self, request: PromotionRequest, *, by: User, at: datetime) -> None:
        self.request, self.by, self.at = request, by, at
        self.dossier = Dossier(request, by=by, at=at)
        self.zone, self.currency = self.dossier.zone, self.dossier.currency

    # --- What was approved ----------------------------------------------------------------------------

    @cached_property
    def decisions(self) -> list[Seen]:
        """Every decision with what it rests on, the oldest first."""
        return [Seen(decision, self.request) for decision in reversed(self.dossier.decisions)]

    @cached_property
    def approvals(self) -> list[Seen]:
        """Those by which it is approved: nobody's, or as many people's as it took."""
        counted = {decision.pk for decision in quorum.counted(self.request, self.dossier.decisions)}
        return [one for one in self.decisions if one.decision.pk in counted]

    @cached_property
    def approved(self) -> Seen | None:
        """The last of the approvals of the current content, after which it was approved."""
        return self.approvals[-1] if self.approvals else None

    @cached_property
    def approved_earlier(self) -> list[Decision]:
        """Approvals of other content, or that count no more."""
        counts = {one.decision.pk for one in self.approvals}
        return [
            one.decision
            for one in self.decisions
            if one.decision.verdict == Verdict.APPROVE and one.decision.pk not in counts
        ]

    @property
    def shown(self) -> Seen | Dossier:
        """Whose findings, prices and sums are printed: what the approver saw, else what the rules say now."""
        return self.approved or self.dossier

    @cached_property
    def products(self) -> list[Priced]:
        """The ones nearest to their floors; of the others only the prices are printed."""
        skus = defaultdict(list)
        nearest = self.shown.rows[:SPELLED_OUT]
        asins = [row.product.asin for row in nearest]
        known = Sku.objects.filter(product__store=self.request.store, product__asin__in=asins).order_by("sku")
        for asin, sku in known.values_list("product__asin", "sku"):
            skus[asin].append(sku)
        return [Priced(row, tuple(skus[row.product.asin])) for row in nearest]

    @property
    def further(self) -> "list[seen.Row] | list[dossier.Row]":
        return self.shown.rows[SPELLED_OUT:]

    @property
    def sum(self) -> list[Line]:
        """The worst price of all its products, line by line."""
        worst = self.shown.worst
        if worst is None or worst.total is None:
            return []
        total = worst.total
        return sentences.sum_lines(total.steps, price=total.price, floor=total.floor, currency=self.currency)

    @property
    def days(self) -> str:
        """When it runs as its content says: what was stopped or shortened since stands below that."""
        return terms.days(replace(self.dossier.offer, stopped_at=None), self.zone)

    @property
    def terms(self) -> list[tuple[str, str]]:
        """As its content says, whose digest is printed with it."""
        return terms.named(self.dossier.content, zone=self.zone, currency=self.currency)

    @cached_property
    def pictured(self) -> Picture | None:
        """What ran beside it: as the report of its approval has it, else as it is now."""
        if self.approved:
            return self.approved.pictured(QueryDict(), "")
        beside = self.dossier.beside
        return picture.of_report(beside, QueryDict(), "", at=self.at, zone=self.zone) if beside else None

    # --- What became of it ----------------------------------------------------------------------------

    @property
    def activation(self) -> Activation | None:
        return self.dossier.activation

    @cached_property
    def compared(self) -> looks.Comparison | None:
        return looks.comparison(self.request, self.activation) if self.activation else None

    @cached_property
    def attachments(self) -> list[tuple[Attachment, str]]:
        """Screenshots with their digests."""
        return [(one, bytes(one.digest).hex()) for one in looks.attachments(self.request)]

    @cached_property
    def alarms(self) -> list[Alarm]:
        found = self.request.alarms.select_related("raised_by", "settled_by", "report__policy")
        return list(found.order_by("pk"))

    @cached_property
    def amendments(self) -> list[PromotionRequest]:
        """Requests that amend this one, whatever became of them."""
        return list(self.request.amendments.order_by("pk"))

    @property
    def successor(self) -> PromotionRequest | None:
        succession = getattr(self.request, "succession", None)
        return succession.amendment if succession else None

    @cached_property
    def comments(self) -> list[Said]:
        return [said for said in discussion.discussion(self.dossier, []) if said.comment]

    # --- The history and its proof ----------------------------------------------------------------------

    @cached_property
    def entries(self) -> list[Entry]:
        """All that happened to it, with each entry's place in the chain."""
        return naming.shown(history.timeline(self.request).select_related("link"))

    @cached_property
    def signed(self) -> Signed | None:
        return signed.newest(settings.CHECKPOINT_FOLDER)

    @property
    def root(self) -> str:
        """As the checkpoint writes it."""
        return self.signed.note.splitlines()[2] if self.signed else ""

    @cached_property
    def proofs(self) -> list[Proof]:
        """Of the approvals that count, and of its going live."""
        live = [entry for entry in self.entries if entry.event == "request.marked_live"]
        approved = [one.entry for one in self.approvals if one.entry]
        return [self._proof(entry) for entry in (*approved, *live)]

    def _proof(self, entry: Entry) -> Proof:
        link = getattr(entry, "link", None)
        if link is None:
            return Proof(entry, problem=_("It has no place in the chain. Tell an auditor."))
        if self.signed is None or link.seq > self.signed.size:
            return Proof(
                entry, problem=_("No checkpoint is signed for it yet. One comes every minute; print it then.")
            )
        try:
            made: dict[str, Any] = exporting.receipt(
                link,
                checkpoint=self.signed.checkpoint,
                note=self.signed.note,
                tiles=self.signed.tiles,
            )
        except ValueError:
            return Proof(
                entry,
                problem=_("The history is not the one that the checkpoint was signed for. Tell an auditor."),
            )
        return Proof(entry, hashes=tuple(made["proof"]))

    # --- The paper --------------------------------------------------------------------------------------

    @property
    def size(self) -> str:
        return "letter" if self.request.store.marketplace.country in LETTER else "A4"

    @property
    def head(self) -> str:
        store = self.request.store
        return f"{self.request.reference} · {store} · {store.marketplace.domain}"

    @property
    def foot(self) -> str:
        """When and by whom it was printed, in both zones."""
        there, here = exactly(self.at, self.zone), exactly(self.at)
        return _("Printed %(at)s by %(name)s") % {
            "at": " / ".join(dict.fromkeys([there, here])),
            "name": self.by.name,
        }

    @property
    def stamp(self) -> str:
        """How far the history was signed for when this was printed: it binds all that came before."""
        if self.signed is None:
            return _("The history has no signed checkpoint.")
        return _("History: %(size)d entries, root %(root)s") % {"size": self.signed.size, "root": self.root}
