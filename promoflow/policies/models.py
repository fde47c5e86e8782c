"""The rules in force, as immutable rows."""

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """One numbered version of the rules; publishing one takes two people."""

    number = models.PositiveIntegerField(primary_key=True)
    body = models.BinaryField()
    """The canonical JSON that `rulebook.policy.read` reads."""
    digest = models.GeneratedField(
        expression=Func("body", function="sha256"), output_field=models.BinaryField(), db_persist=True
    )
    summary = models.CharField(_("what changed"), max_length=500)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    published_at = models.DateTimeField(editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """Empty for version 1 alone, which comes with the software."""

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        default_permissions = ()
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number=1, drafted_by__isnull=True, published_by__isnull=True)
                | Q(number__gt=1, drafted_by__isnull=False, published_by__isnull=False)
                & ~Q(drafted_by=models.F("published_by")),
                name="publishing_a_policy_takes_two",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"
