"""What the checker found of a revision, and what a supervisor decided on it."""

from datetime import timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from promoflow.policies.models import PolicyVersion, digest_of_body
from promoflow.promotions.models.requests import PERSON, PromotionRequest, Revision
from promoflow.rulebook import kinds

# What a return may point to: the fields of a content that people type.
POINTED: Final = ("asins", "discount_value", "starts_at", "ends_at", *kinds.FIELDS, "title", "kind")


class Verdict(models.TextChoices):
    """What a supervisor said."""

    APPROVE = "approve", _("Approved")
    RETURN = "return", _("Returned")
    REJECT = "reject", _("Rejected")


DECIDING: Final = ("request.approved", "request.endorsed", "request.returned", "request.rejected")
"""What the history calls a decision."""


class ConflictReport(models.Model):
    """All findings of one revision at one moment under one policy version."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="reports")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    body = models.BinaryField()
    """Canonical JSON of what was looked at and what was found; it holds no clock value."""
    digest = digest_of_body()
    computed_at = models.DateTimeField(editable=False)
    computed_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """Whose deed asked for it; nobody where the clock did."""

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
    retyped_asin = models.CharField(max_length=10, blank=True, default="", editable=False)
    """The ASIN that the supervisor typed anew; one of the revision's products (a trigger), or nothing."""
    fields = ArrayField(models.CharField(max_length=30), default=list, blank=True, editable=False)
    """The fields of the content that a return asks to change."""
    decided_at = models.DateTimeField(editable=False)
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    decided_by_human = models.UUIDField(editable=False)
    """The human behind the account when it decided; a trigger writes it, whatever was sent."""
    on_behalf_of = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """The absent supervisor in whose place it was decided (Delegation)."""
    confirmed_at = models.DateTimeField(null=True, editable=False)
    """When the person last confirmed with two-step verification; empty only on decisions from before that."""
    valid = models.BooleanField(default=True)
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """Whose deed it was; nobody where the clock found that whoever decided counts no more."""

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
                condition=Q(verdict="return") | Q(fields=[]), name="only_a_return_points_to_fields"
            ),
            models.CheckConstraint(
                condition=Q(fields__contained_by=[*POINTED]), name="a_return_points_to_fields_there_are"
            ),
            models.CheckConstraint(
                condition=Q(verdict="approve") | Q(retyped_asin=""), name="only_an_approval_retypes_an_asin"
            ),
            models.CheckConstraint(
                condition=Q(valid=True, voided_at__isnull=True, voided_by__isnull=True)
                | Q(valid=False, voided_at__isnull=False),
                name="a_void_decision_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True)
                | Q(
                    confirmed_at__lte=F("decided_at"),
                    confirmed_at__gte=F("decided_at") - Value(timedelta(minutes=10)),
                ),
                name="a_decision_is_freshly_confirmed",
            ),
            models.UniqueConstraint(
                fields=["revision", "decided_by_human"],
                condition=Q(valid=True, verdict="approve"),
                name="one_valid_approval_per_person_and_revision",
            ),
            models.UniqueConstraint(
                fields=["id", "revision", "digest", "decided_by", "verdict", "valid"], name="decision_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.revision_id}"
