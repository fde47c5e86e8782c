"""What the authenticators of the demonstration show just now; nobody there has the telephone."""

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt


def codes() -> Iterator[tuple[str, str]]:
    """Address and code of everybody with two-step verification."""
    now = next(auth.yield_hotp_counters_from_time())
    totp = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__is_active=True)
    for authenticator in totp.select_related("user").order_by("user__email"):
        secret = decrypt(authenticator.data["secret"])
        yield authenticator.user.email, auth.format_hotp_value(auth.hotp_value(secret, now))
