"""That an amendment took the place of what it amends."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from promoflow.promotions.models.requests import PERSON, PromotionRequest, paired


class Succession(models.Model):
    """The amended promotion ended in the act in which its amendment went live, and holds nothing since."""

    amended = models.OneToOneField(PromotionRequest, on_delete=models.PROTECT, related_name="succession")
    amendment = models.OneToOneField(PromotionRequest, on_delete=models.PROTECT, related_name="succeeds")
    passed_at = models.DateTimeField(editable=False)
    passed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        default_permissions = ()
        constraints = [paired("passed")]

    def __str__(self) -> str:
        return f"PR-{self.amendment_id} in place of PR-{self.amended_id}"
