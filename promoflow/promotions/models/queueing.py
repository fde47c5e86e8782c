"""How people share the review queue: who is on which request, and the filters that somebody named."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from promoflow.promotions.models.requests import PERSON, PromotionRequest, paired

# Longer than any claim lasts (services.claiming): a forgotten one is nobody's for long.
_LONGEST: Final = timedelta(hours=1)


class Claim(models.Model):
    """That a supervisor is on a request in review, so that nobody else begins on it too.

    It is of one step: whatever moves the request - a decision, an edit, a withdrawal - ends it.
    Else it ends when it is released, or by itself.
    """

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="claims")
    step = models.PositiveIntegerField()
    claimed_at = models.DateTimeField(editable=False)
    claimed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    ends_at = models.DateTimeField(editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    released_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "step"],
                condition=Q(released_at__isnull=True),
                name="one_open_claim_per_request",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("claimed_at")) & Q(ends_at__lte=F("claimed_at") + _LONGEST),
                name="a_claim_ends_within_the_hour",
            ),
            paired("claimed"),
            paired("released"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} claimed"


class SavedFilter(models.Model):
    """A filter of the review queue that a person gave a name; it is theirs alone."""

    saved_at = models.DateTimeField(editable=False)
    saved_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, editable=False, related_name="saved_filters"
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    """The filter as it stands in the address of the queue."""

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        default_permissions = ()
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["saved_by", "name"], name="filters_of_a_person_have_names"),
            models.CheckConstraint(condition=Q(name__regex=r"\S"), name="a_saved_filter_is_named"),
            paired("saved"),
        ]

    def __str__(self) -> str:
        return self.name
