"""The workflow's records: a request, its revisions, findings, decisions, reservations and activation."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, transition

from promoflow.catalog.models import Product, Store
from promoflow.policies.models import PolicyVersion, digest_of_body

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


class Verdict(models.TextChoices):
    """What a supervisor said."""

    APPROVE = "approve", _("Approved")
    RETURN = "return", _("Returned")
    REJECT = "reject", _("Rejected")


def _paired(what: str) -> models.CheckConstraint:
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
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    submitted_at = models.DateTimeField(null=True, editable=False)
    submitted_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    reasons = models.JSONField(default=dict)
    """The operator's reason for each warning of the submitted report: finding key -> text."""

    class Meta:
        verbose_name = _("promotion request")
        verbose_name_plural = _("promotion requests")
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [models.Index(fields=["store", "state"], name="request_by_store_and_state")]
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
            _paired("created"),
            _paired("submitted"),
        ]

    def __str__(self) -> str:
        return self.reference

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
    def submit(self, *, by: "User", at: datetime, reasons: dict[str, str]) -> None:
        self.submitted_at, self.submitted_by, self.reasons = at, by, reasons
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.DRAFT)
    def send_back(self) -> None:
        self._unsubmit()

    def _unsubmit(self) -> None:
        self.submitted_at, self.submitted_by, self.reasons = None, None, {}
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.REJECTED)
    def reject(self) -> None:
        self.step += 1

    @transition(field=state, source=State.IN_REVIEW, target=State.APPROVED)
    def approve(self) -> None:
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
    kind = models.CharField(_("kind"), max_length=30)
    title = models.CharField(_("title"), max_length=200)
    starts_at = models.DateTimeField(
        _("starts")
    )  # kind, title and window repeat the body: a trigger compares
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


class ConflictReport(models.Model):
    """All findings of one revision at one moment under one policy version."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="reports")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    body = models.BinaryField()
    """Canonical JSON of what was looked at and what was found; it holds no clock value."""
    digest = digest_of_body()
    computed_at = models.DateTimeField(editable=False)
    computed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        verbose_name = _("conflict report")
        verbose_name_plural = _("conflict reports")
        default_permissions = ()
        ordering = ["revision", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id", "revision", "digest"], name="report_of_revision")
        ]

    def __str__(self) -> str:
        return f"{self.revision_id}: {bytes(self.digest).hex()[:12]}"


class Decision(models.Model):
    """A supervisor's approve, return or reject of one revision, having seen one report."""

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="decisions")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="decisions")
    digest = models.BinaryField()
    editor = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    """Who wrote the revision: held to it, with its digest, by a composite foreign key."""
    report = models.ForeignKey(ConflictReport, on_delete=models.PROTECT, related_name="+")
    report_digest = models.BinaryField()
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    note = models.TextField(_("note"), blank=True)
    acknowledged = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    """Keys of the warnings that the supervisor acknowledged, one by one."""
    decided_at = models.DateTimeField(editable=False)
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    valid = models.BooleanField(default=True)
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        default_permissions = ()
        ordering = ["request", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="verdict_is_known"),
            models.CheckConstraint(condition=~Q(decided_by=F("editor")), name="nobody_decides_their_own"),
            models.CheckConstraint(
                condition=Q(verdict="approve") | Q(note__regex=r"\S"), name="a_no_has_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(valid=True, voided_at__isnull=True, voided_by__isnull=True)
                | Q(valid=False, voided_at__isnull=False, voided_by__isnull=False),
                name="a_void_decision_says_who_voided_it",
            ),
            models.UniqueConstraint(
                fields=["revision", "decided_by"],
                condition=Q(valid=True, verdict="approve"),
                name="one_valid_approval_per_person_and_revision",
            ),
            models.UniqueConstraint(
                fields=["id", "revision", "digest", "decided_by", "verdict", "valid"], name="decision_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.revision_id}"


class Reservation(models.Model):
    """That a request holds a product for its danger window; the database refuses two that may not meet.

    Rows of group 0 only say so. In any other group two held rows of one product with overlapping danger
    windows exclude each other unless they have the same member (`rulebook.policy.Policy.conflict_groups`).
    """

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="reservations")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reservations")
    conflict_group = models.SmallIntegerField()
    member = models.BigIntegerField()
    danger = DateTimeRangeField()
    held = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        default_permissions = ()
        constraints = [
            ExclusionConstraint(
                name="no_two_held_that_may_not_meet",
                expressions=[
                    ("product", RangeOperators.EQUAL),
                    ("conflict_group", RangeOperators.EQUAL),
                    ("member", RangeOperators.NOT_EQUAL),
                    ("danger", RangeOperators.OVERLAPS),
                ],
                condition=Q(held=True),
            ),
            # An empty range overlaps nothing, so it would slip past the exclusion (reliability.md, P2).
            models.CheckConstraint(
                condition=Q(danger__isempty=False)
                & Q(danger__lower_inf=False)
                & Q(danger__upper_inf=False)
                & Q(danger__lower_inc=True)
                & Q(danger__upper_inc=False),
                name="danger_is_a_bounded_half_open_window",
            ),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} holds {self.product_id}"


class Alarm(models.Model):
    """That rules published later block what was approved under earlier ones; a person settles it.

    It is about one revision, and open while that revision is approved or live and nobody has settled it.
    """

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="alarms")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(ConflictReport, on_delete=models.PROTECT, related_name="+")
    """What the new version finds; it names that version."""
    report_digest = models.BinaryField()
    raised_at = models.DateTimeField(editable=False)
    raised_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    """Who published the version."""
    settled_at = models.DateTimeField(null=True, editable=False)
    settled_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    note = models.TextField(_("note"), blank=True)
    """Why it may stay as it is, or what was done."""

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision"], condition=Q(settled_at__isnull=True), name="one_open_alarm_per_revision"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, note="")
                | Q(settled_at__isnull=False, note__regex=r"\S"),
                name="a_settled_alarm_says_why",
            ),
            _paired("raised"),
            _paired("settled"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} alarmed"


class Activation(models.Model):
    """The fact that a request is live in Seller Central, with its evidence and its second look."""

    request = models.OneToOneField(PromotionRequest, on_delete=models.PROTECT, related_name="activation")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField()
    editor = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    # Constant columns, so that a composite foreign key can ask for a decision that approves and is valid.
    decision_verdict = models.GeneratedField(
        expression=models.Value("approve"), output_field=models.CharField(max_length=10), db_persist=True
    )
    decision_valid = models.GeneratedField(
        expression=models.Value(True), output_field=models.BooleanField(), db_persist=True
    )
    report = models.ForeignKey(ConflictReport, on_delete=models.PROTECT, related_name="+")
    amazon_id = models.CharField(_("Amazon's promotion id"), max_length=100)
    evidence = models.JSONField()
    """What Seller Central showed when it was marked live, field by field."""
    live_at = models.DateTimeField(editable=False)
    live_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    verified_at = models.DateTimeField(null=True, editable=False)
    verified_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    second_look = models.JSONField(null=True)
    """What Seller Central showed to the second person."""
    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("activation")
        verbose_name_plural = _("activations")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(approver=F("editor")), name="approver_is_not_the_editor"),
            models.CheckConstraint(condition=~Q(amazon_id=""), name="a_live_one_has_amazons_id"),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("live_by")),
                name="the_second_look_is_anothers",
            ),
            _paired("live"),
            _paired("verified"),
            _paired("stopped"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} live as {self.amazon_id}"
