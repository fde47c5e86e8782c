"""Who decides in the place of a supervisor who is away."""

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from promoflow.catalog.models import Store
from promoflow.promotions.models.requests import PERSON, paired

# Who is away for longer has the role revoked and given to somebody else, by a manager.
LONGEST: Final = timedelta(days=60)


class Delegation(models.Model):
    """A supervisor of a store names another one to decide in their place, from an instant to an instant.

    It gives no power: whoever decides holds the role themselves. It says who is asked, and on whose behalf.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="delegations")
    absent = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    named_at = models.DateTimeField(editable=False)
    named_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    ended_at = models.DateTimeField(null=True, editable=False)
    """When it was ended early, or before it began."""
    ended_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        default_permissions = ()
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), ends_at__lte=F("starts_at") + Value(LONGEST)),
                name="an_absence_has_an_end_in_sight",
            ),
            models.CheckConstraint(condition=~Q(absent=F("delegate")), name="nobody_delegates_to_themselves"),
            paired("named"),
            paired("ended"),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.absent}"

    @property
    def first_day(self) -> date:
        """As whoever is away chose it, in their own zone."""
        return self.starts_at.astimezone(ZoneInfo(self.absent.time_zone)).date()

    @property
    def last_day(self) -> date:
        """Included."""
        return (self.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(self.absent.time_zone)).date()
