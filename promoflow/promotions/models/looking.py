"""What people saw in Seller Central beside what was typed: screenshots, and looks that differ."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from promoflow.promotions.models.requests import PERSON, PromotionRequest, paired
from promoflow.promotions.models.running import Activation

_ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "application/pdf": "pdf",
}


class Look(models.TextChoices):
    """Whose look at Seller Central it was."""

    FIRST = "first", pgettext_lazy("look at Seller Central", "First look")
    SECOND = "second", pgettext_lazy("look at Seller Central", "Second look")


class Attachment(models.Model):
    """A screenshot of Seller Central, by its digest; row and file stay as they are."""

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="attachments")
    step = models.PositiveIntegerField()
    """The step of the request at which it was added; its entry in the history names the digest."""
    look = models.CharField(_("look"), max_length=10, choices=Look.choices)
    file = models.FileField(_("file"), max_length=120)
    digest = models.BinaryField()
    """SHA-256 of the file as it is kept."""
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"))
    added_at = models.DateTimeField(editable=False)
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        default_permissions = ()
        ordering = ["request", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(look__in=Look.values), name="look_is_known"),
            models.CheckConstraint(
                condition=Q(media_type__in=list(_ENDINGS)), name="an_attachment_is_a_picture_or_a_pdf"
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=16 * 1024 * 1024), name="an_attachment_has_its_size"
            ),
            paired("added"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} {self.look} {bytes(self.digest).hex()[:12]}"

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def filename(self) -> str:
        """What a browser calls it; nothing of the name that it came with is kept."""
        return f"PR-{self.request_id}-{self.look}-{self.pk}.{ending_of(self.media_type)}"


class Discrepancy(models.Model):
    """That a second look saw something else than was approved.

    It alarms until somebody verifies the promotion or stops it.
    """

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="discrepancies")
    activation = models.ForeignKey(Activation, on_delete=models.PROTECT, related_name="discrepancies")
    shown = models.JSONField()
    """What Seller Central showed to this person."""
    differing = models.JSONField()
    """The names of the fields that differ."""
    seen_at = models.DateTimeField(editable=False)
    seen_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        default_permissions = ()
        ordering = ["request", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(differing=[]), name="a_discrepancy_names_its_fields"),
            paired("seen"),
        ]

    def __str__(self) -> str:
        return f"PR-{self.request_id} looks otherwise"


def ending_of(media_type: str) -> str:
    return _ENDINGS[media_type]
