"""Amazon's marketplaces: id, currency and time zone (domain.md, section 6)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from promoflow.rulebook import money


@dataclass(frozen=True)
class Marketplace:
    id: str
    country: str
    name: str
    domain: str
    currency: str
    time_zone: str

    @property
    def decimals(self) -> int:
        return money.decimals(self.currency)

    def written(self, amount: Decimal | None) -> Decimal | None:
        """An amount with the currency's decimals: the database keeps two of all, also of yen."""
        return None if amount is None else money.rounded(amount, self.currency)

    @property
    def recorded(self) -> str:
        """As the history names it: in one language for everybody."""
        return f"{self.name} · {self.domain}"

    def __str__(self) -> str:
        return f"{gettext(self.name)} · {self.domain}"


MARKETPLACES: Final = {
    marketplace.id: marketplace
    for marketplace in (
        Marketplace("ATVPDKIKX0DER", "US", _("United States"), "amazon.com", "USD", "America/Los_Angeles"),
        Marketplace("A2EUQ1WTGCTBG2", "CA", _("Canada"), "amazon.ca", "CAD", "America/Los_Angeles"),
        Marketplace("A1AM78C64UM0Y8", "MX", _("Mexico"), "amazon.com.mx", "MXN", "America/Los_Angeles"),
        Marketplace("A2Q3Y263D00KWC", "BR", _("Brazil"), "amazon.com.br", "BRL", "America/Sao_Paulo"),
        Marketplace("A1F83G8C2ARO7P", "GB", _("United Kingdom"), "amazon.co.uk", "GBP", "Europe/London"),
        Marketplace("A1PA6795UKMFR9", "DE", _("Germany"), "amazon.de", "EUR", "Europe/Paris"),
        Marketplace("A13V1IB3VIYZZH", "FR", _("France"), "amazon.fr", "EUR", "Europe/Paris"),
        Marketplace("APJ6JRA9NG5V4", "IT", _("Italy"), "amazon.it", "EUR", "Europe/Paris"),
        Marketplace("A1RKKUPIHCS9HS", "ES", _("Spain"), "amazon.es", "EUR", "Europe/Paris"),
        Marketplace("A1805IZSGTT6HS", "NL", _("Netherlands"), "amazon.nl", "EUR", "Europe/Amsterdam"),
        Marketplace("AMEN7PMS3EDWL", "BE", _("Belgium"), "amazon.com.be", "EUR", "Europe/Brussels"),
        Marketplace("A28R8C7NBKEWEA", "IE", _("Ireland"), "amazon.ie", "EUR", "Europe/Dublin"),
        Marketplace("A2NODRKZP88ZB9", "SE", _("Sweden"), "amazon.se", "SEK", "Europe/Stockholm"),
        Marketplace("A1C3SOZRARQ6R3", "PL", _("Poland"), "amazon.pl", "PLN", "Europe/Warsaw"),
        Marketplace("A33AVAJ2PDY3EV", "TR", _("Türkiye"), "amazon.com.tr", "TRY", "Europe/Istanbul"),
        Marketplace("A2VIGQ35RCS4UG", "AE", _("United Arab Emirates"), "amazon.ae", "AED", "Asia/Dubai"),
        Marketplace("A17E79C6D8DWNP", "SA", _("Saudi Arabia"), "amazon.sa", "SAR", "Asia/Riyadh"),
        Marketplace("ARBP9OOSHTCHU", "EG", _("Egypt"), "amazon.eg", "EGP", "Africa/Cairo"),
        Marketplace("AE08WJ6YKNBMC", "ZA", _("South Africa"), "amazon.co.za", "ZAR", "Africa/Johannesburg"),
        Marketplace("A21TJRUUN4KGV", "IN", _("India"), "amazon.in", "INR", "Asia/Kolkata"),
        Marketplace("A1VC38T7YXB528", "JP", _("Japan"), "amazon.co.jp", "JPY", "Asia/Tokyo"),
        Marketplace("A39IBJ37TRP1C6", "AU", _("Australia"), "amazon.com.au", "AUD", "Australia/Sydney"),
        Marketplace("A19VAU5U5O7RUS", "SG", _("Singapore"), "amazon.sg", "SGD", "Asia/Singapore"),
    )
}
