"""What people say to each other about a request."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from promoflow.promotions.models.requests import PERSON, PromotionRequest, Revision


class Comment(models.Model):
    """One thing that somebody said, on the revision that they had read: it stays, and moves nothing."""

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="comments")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="comments")
    body = models.CharField(_("comment"), max_length=2000)
    mentions = ArrayField(models.BigIntegerField(), default=list, editable=False)
    """Keys of the accounts that are told of it, each with a role on the store (a trigger)."""
    once = models.UUIDField(null=True, editable=False)
    """Of the form that made it and what was said in it: sent again, the form makes no other."""
    said_at = models.DateTimeField(editable=False)
    said_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        default_permissions = ()
        ordering = ["request", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(body__regex=r"\S"), name="a_comment_says_something"),
            models.UniqueConstraint(fields=["said_by", "once"], name="a_form_makes_one_comment"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.body[:40]}"
