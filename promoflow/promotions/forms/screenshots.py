"""The field for a screenshot: it hands on what is kept of the file, or says why the desk does not take it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from promoflow.promotions import screenshots
from promoflow.promotions.screenshots import Screenshot


class ScreenshotField(forms.FileField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Screenshot"),
            required=False,
            widget=forms.FileInput(attrs={"accept": ",".join(screenshots.MEDIA_TYPES)}),
            help_text=_("PNG, JPEG, WebP or PDF up to 8 MB. If the page is refused, choose the file again."),
            **kwargs,
        )

    def clean(self, data: Any, initial: Any = None) -> Screenshot | None:
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            return screenshots.read(file)
        except screenshots.Unreadable as wrong:
            raise ValidationError(str(wrong), code="unreadable") from wrong
