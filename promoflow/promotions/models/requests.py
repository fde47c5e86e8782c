"""A request and the immutable revisions of its content."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, transition

from promoflow.catalog.models import Product, Store
from promoflow.policies.models import digest_of_body
from promoflow.rulebook.risk import Risk
from promoflow.rulebook.routing import Route

if TYPE_CHECKING:
    from accounts.models import User

PERSON: Final = settings.AUTH_USER_MODEL


class State(models.TextChoices):
    """Where a request stands."""

    DRAFT = "draft", pgettext_lazy("state", "Draft")
    IN_REVIEW = "in_review", pgettext_lazy("state", "In review")
    APPROVED = "approved", pgettext_lazy("state", "Approved")
    LIVE = "live", pgettext_lazy("state", "Live")
    ENDED = "ended", pgettext_lazy("state", "Ended")
    REJECTED = "rejected", pgettext_lazy("state", "Rejected")
    CANCELLED = "cancelled", pgettext_lazy("state", "Cancelled")


BEFORE_LIVE: Final = (State.DRAFT, State.IN_REVIEW, State.APPROVED)
STANDING: Final = (State.APPROVED, State.LIVE)
NEVER_LIVE: Final = (State.REJECTED, State.CANCELLED)
OVER: Final = (State.ENDED, *NEVER_LIVE)


def paired(what: str) -> models.CheckConstraint:
    """A deed has its instant and its person, or neither."""
    return models.CheckConstraint(
        condition=Q(**{f"{what}_at__isnull": True, f"{what}_by__isnull": True})
        | Q(**{f"{what}_at__isnull": False, f"{what}_by__isnull": False}),
        name=f"%(class)s_{what}_at_has_its_person",
    )


class PromotionRequest(models.Model):
    """A request that an operator drafts and that lives on to the end of the promotion."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="requests")
    state = FSMField(
        pgettext_lazy("state of a request", "state"),
        default=State.DRAFT,
        choices=State.choices,
        protected=True,
    )
    step = models.PositiveIntegerField(default=1, editable=False)
    """How many recorded moves it made; each has exactly one entry in the history (a deferred trigger)."""
    current = models.ForeignKey("Revision", on_delete=models.PROTECT, null=True, related_name="+")
    """The newest revision. Empty only between the two inserts of a new draft (a deferred trigger)."""
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="copies")
    amends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="amendments")
    """The live promotion whose place it takes when it is marked live itself."""
    ends_early = models.DateTimeField(null=True, editable=False)
    """Its end where one person has shortened it, earlier than approved."""
    smaller_budget = models.DecimalField(max_digits=16, decimal_places=2, null=True, editable=False)
    once = models.UUIDField(null=True, editable=False)
    """Of the form that made it and what was said in it: sent again, the form makes no other."""
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    submitted_at = models.DateTimeField(null=True, editable=False)
    submitted_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    reasons = models.JSONField(default=dict)
    """The operator's reason for each warning of the submitted report: finding key -> text."""
    # How much could go wrong, as it was when it was submitted (rulebook.risk); empty on a draft.
    worst_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, editable=False)
    exposed = models.DecimalField(max_digits=16, decimal_places=2, null=True, editable=False)
    """Money of the store's currency; empty where nothing that is known ends the promotion."""
    warned = models.PositiveIntegerField(null=True, editable=False)
    route = models.JSONField(default=dict, editable=False)
    """How it is approved (rulebook.routing), frozen when it was submitted; {} until then."""

    class Meta:
        verbose_name = _("promotion request")
        verbose_name_plural = _("promotion requests")
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["store", "state"], name="request_by_store_and_state"),
            # Every check asks which revisions on its products are in review, of all that there ever were.
            models.Index(
                fields=["current"], include=["id"], condition=Q(state="in_review"), name="request_in_review"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="state_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["in_review", "approved", "live", "ended", "rejected"])
                | Q(submitted_at__isnull=False),
                name="nothing_is_reviewed_unsubmitted",
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(submitted_at__isnull=True), name="a_draft_is_not_submitted"
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(reasons={}), name="a_draft_has_no_reasons"
            ),
            models.CheckConstraint(
                condition=~Q(state="draft")
                | Q(worst_percent__isnull=True, exposed__isnull=True, warned__isnull=True),
                name="a_draft_is_not_weighed",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, route={})
                | (Q(submitted_at__isnull=False) & ~Q(route={})),
                name="what_is_submitted_has_its_route",
            ),
            models.UniqueConstraint(
                fields=["amends"],
                condition=Q(state__in=["draft", "in_review", "approved"]),
                name="one_open_amendment",
                violation_error_message=_("An amendment of it is under way already."),
            ),
            models.UniqueConstraint(fields=["created_by", "once"], name="a_form_makes_one_request"),
            models.CheckConstraint(
                condition=Q(state__in=["live", "ended"])
                | Q(ends_early__isnull=True, smaller_budget__isnull=True),
                name="only_what_ran_was_shortened",
            ),
            paired("created"),
            paired("submitted"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def first_pk(self) -> int:
        """The number of what it amends, directly or through other amendments: these may hold side by side."""
        return self.amends.first_pk if self.amends else self.pk

    @property
    def runs_until(self) -> datetime:
        """Its end: as approved, or the earlier one that somebody gave it since."""
        return min(self.newest.ends_at, self.ends_early or self.newest.ends_at)

    @property
    def reference(self) -> str:
        """What people call it; operators also type it into Amazon's tracking id."""
        return f"PR-{self.pk}"

    @property
    def newest(self) -> "Revision":
        """The current revision, which every stored request has."""
        if self.current is None:
            raise Revision.DoesNotExist(f"{self.reference} has no revision.")
        return self.current

    @transition(field=state, source=State.DRAFT, target=State.DRAFT)
    def revise(self, *, revision: "Revision") -> None:
        self._rewrite(revision)

    @transition(field=state, source=[State.IN_REVIEW, State.APPROVED], target=State.DRAFT)
    def edit(self, *, revision: "Revision") -> None:
        self._rewrite(revision)

    def _rewrite(self, revision: "Revision") -> None:
        self.current = revision
        self._unsubmit()

    @transition(field=state, source=State.DRAFT, target=State.IN_REVIEW)
    def submit(self, *, by: "User", at: datetime, reasons: dict[str, str], risk: Risk, route: Route) -> None:
        self.submitted_at, self.submitted_by, self.reasons = at, by, reasons
        self.worst_percent, self.exposed, self.warned = risk.worst_percent, risk.exposed, risk.warned
        self.route = route.frozen()
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.DRAFT)
    def send_back(self) -> None:
        self._unsubmit()

    def _unsubmit(self) -> None:
        self.submitted_at, self.submitted_by, self.reasons, self.route = None, None, {}, {}
        self.worst_percent, self.exposed, self.warned = None, None, None
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.REJECTED)
    def reject(self) -> None:
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.IN_REVIEW)
    def endorse(self) -> None:
        """Approved by one of the people whom it takes."""
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.APPROVED)
    def approve(self) -> None:
        self.step += 1

    @transition(field=state, source=State.APPROVED, target=State.IN_REVIEW)
    def lapse(self) -> None:
        """Not enough of those who approved it count any more."""
        self.step += 1

    @transition(field=state, source=[State.DRAFT, State.IN_REVIEW], target=State.CANCELLED)
    def withdraw(self) -> None:
        self.step += 1

    @transition(field=state, source=State.APPROVED, target=State.CANCELLED)
    def revoke(self) -> None:
        self.step += 1

    @transition(field=state, source=[State.IN_REVIEW, State.APPROVED], target=State.CANCELLED)
    def expire(self) -> None:
        self.step += 1

    @transition(field=state, source=State.APPROVED, target=State.LIVE)
    def go_live(self) -> None:
        self.step += 1

    @transition(field=state, source=State.LIVE, target=State.LIVE)
    def verify(self) -> None:
        self.step += 1

    @transition(field=state, source=State.LIVE, target=State.LIVE)
    def shorten(self, *, ends_at: datetime | None, budget: Decimal | None) -> None:
        self.ends_early = ends_at or self.ends_early
        self.smaller_budget = self.smaller_budget if budget is None else budget
        self.step += 1

    @transition(field=state, source=State.LIVE, target=State.ENDED)
    def stop(self) -> None:
        self.step += 1

    @transition(field=state, source=State.LIVE, target=State.ENDED)
    def end(self) -> None:
        self.step += 1


class Revision(models.Model):
    """An immutable snapshot of a request's content."""

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    body = models.BinaryField()
    """The content as canonical JSON (RFC 8785); `rulebook.offers.read` reads it."""
    digest = digest_of_body()
    # Kind, title and window repeat the body: a trigger compares.
    kind = models.CharField(_("kind"), max_length=30)
    title = models.CharField(_("title"), max_length=200)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    edited_at = models.DateTimeField(editable=False)
    edited_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    products: "models.ManyToManyField[Product, RevisionProduct]" = models.ManyToManyField(
        Product, through="RevisionProduct", related_name="revisions"
    )

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        default_permissions = ()
        ordering = ["request", "number"]
        indexes = [models.Index(fields=["starts_at"], name="revision_by_start")]
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="revisions_are_numbered"),
            models.UniqueConstraint(fields=["id", "request"], name="revision_of_request"),
            models.UniqueConstraint(fields=["id", "digest", "edited_by"], name="revision_content_and_editor"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="a_window_has_length"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} r{self.number}"


class RevisionProduct(models.Model):
    """A product that a revision touches: chosen, or pulled in by its chosen parent."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="rows")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    chosen = models.BooleanField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["revision", "product"], name="a_revision_names_a_product_once")
        ]

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.product_id}"
