"""What people send to be imported."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from promoflow.catalog.models import Import, Store


class ImportForm(forms.Form):
    """A file, what it is, and the store it is about."""

    store = forms.ModelChoiceField(label=_("Store"), queryset=Store.objects.none(), empty_label=None)
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=Import.Kind.choices,
        widget=forms.RadioSelect,
        initial=Import.Kind.LISTINGS,
    )
    file = forms.FileField(
        label=_("File"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".txt,.tsv,.csv,.xlsx,text/plain,text/csv"}),
        help_text=_("Nothing changes yet: you see what the file would change before you apply it."),
    )

    def __init__(self, *args: Any, stores: QuerySet[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Store]", self.fields["store"]).queryset = stores

    def clean_file(self) -> "UploadedFile[bytes]":
        file = cast("UploadedFile[bytes]", self.cleaned_data["file"])
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            raise ValidationError(
                _("The file has %(size)s; the most is %(most)s. Split it."),
                params={
                    "size": filesizeformat(file.size or 0),
                    "most": filesizeformat(settings.IMPORT_MAX_BYTES),
                },
            )
        return file


class ApplyForm(forms.Form):
    """What is said along with applying a file; its field stands outside of the form that sends it."""

    why = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "form": "apply"}),
        help_text=_("Needed when floors become lower. It is kept in the history."),
    )
