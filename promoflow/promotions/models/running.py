"""What an approval holds and what became of it: reservations, alarms, checks to come, and being live."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from promoflow.catalog.models import Product
from promoflow.promotions.models.requests import PERSON, PromotionRequest, Revision, paired
from promoflow.promotions.models.review import ConflictReport, Decision


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
    may_run = models.BooleanField(default=False, db_default=False)
    """Let go although it may stand at Amazon: approved, never marked live, and nobody has said otherwise."""

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        default_permissions = ()
        indexes = [
            # Every check asks for these few, of all that were ever let go.
            models.Index(
                fields=["product"], condition=Q(may_run=True, conflict_group=0), name="reservation_may_run"
            )
        ]
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
            models.CheckConstraint(
                condition=~Q(held=True, may_run=True), name="only_what_was_let_go_may_run"
            ),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} holds {self.product_id}"


class Cause(models.TextChoices):
    """What came after the approval and made the rules block it."""

    RULES = "rules", _("New rules")
    PRICES = "prices", _("A changed price, floor or family")


class Alarm(models.Model):
    """That the rules now block what was approved when they did not; a person settles it.

    It is about one revision, and open while that revision is approved or live and nobody has settled it.
    """

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="alarms")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause.choices, default=Cause.RULES)
    changes = models.JSONField(default=list)
    """What changed of its products since it was last looked at (promotions/price_changes.py)."""
    report = models.ForeignKey(ConflictReport, on_delete=models.PROTECT, related_name="+")
    """What the rules find now; it names their version."""
    report_digest = models.BinaryField()
    raised_at = models.DateTimeField(editable=False)
    raised_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """Who published the version; nobody where the clock found a price, a floor or a family changed."""
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
            models.CheckConstraint(
                condition=Q(raised_at__isnull=False)
                & (Q(cause="rules", raised_by__isnull=False) | Q(cause="prices", raised_by__isnull=True)),
                name="who_published_raises_the_alarm_of_rules",
            ),
            paired("settled"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} alarmed"


class Recheck(models.Model):
    """That a request is to be checked again, because products that it touches changed.

    PostgreSQL writes it whenever a price, a floor or a family changes, whoever changed it and however. It
    goes in the transaction that checks.
    """

    # No constraint: it would lock the request's row while the products' are held, and whoever approves takes
    # the two the other way round. Requests are never deleted, so there is nothing to hold.
    request = models.ForeignKey(
        PromotionRequest, on_delete=models.PROTECT, related_name="rechecks", db_constraint=False
    )
    products = ArrayField(models.IntegerField())
    """The keys of the products that changed."""
    moved = ArrayField(models.IntegerField())
    """Of these the ones that came into a family or left one."""
    since = models.DateTimeField(null=True, db_default=Now())
    """PostgreSQL's own clock; nothing for what was owed before it was kept."""

    class Meta:
        verbose_name = _("check to be made again")
        verbose_name_plural = _("checks to be made again")
        default_permissions = ()

    def __str__(self) -> str:
        return f"PR-{self.request_id} to be checked again"


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
            paired("live"),
            paired("verified"),
            paired("stopped"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} live as {self.amazon_id}"
