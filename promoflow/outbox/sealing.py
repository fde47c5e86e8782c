"""Addresses of chats are kept sealed: whoever reads the database alone cannot write to anybody's chat."""

from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

# Fewer characters than this would be half told by their last four.
_LONG_ENOUGH = 16


class Lost(Exception):
    """The address was sealed under a secret key that the desk no longer has."""

    def __str__(self) -> str:
        return _("The desk's secret key was changed, and the address cannot be read any more. Type it again.")


def seal(address: str) -> str:
    return _box().encrypt(address.encode()).decode()


def open_(sealed: str) -> str:
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Lost from None


def resealed(sealed: str) -> str:
    """Under the secret key of today; what is sealed under it already stays to the letter."""
    try:
        _with(settings.SECRET_KEY).decrypt(sealed.encode())
    except InvalidToken:
        return seal(open_(sealed))
    return sealed


def mask(address: str) -> str:
    """Enough to tell one address from another, too little to use it: the host, and four last characters."""
    parts = urlsplit(address)
    rest = f"{parts.path}{parts.query}".strip("/")
    return f"{parts.hostname}/…{rest[-4:] if len(rest) >= _LONG_ENOUGH else ''}"


def _box() -> MultiFernet:
    """Seals with the secret key, and opens with those before it too."""
    return MultiFernet([_with(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _with(secret: str | bytes) -> Fernet:
    """Fernet wants 32 bytes of its own, so that this use of the key tells nothing of any other."""
    derived = HKDF(SHA256(), 32, None, b"promoflow outbox channel").derive(force_bytes(secret))
    return Fernet(urlsafe_b64encode(derived))
