"""What a password has to be, beside what Django asks for."""

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, in words of ours: its Chinese catalogue lags behind the sentence that its code has."""

    def get_error_message(self) -> str:
        return _("This password is too short. Type at least %(least)d characters.") % {
            "least": self.min_length
        }
