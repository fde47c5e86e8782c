"""Amazon's marketplaces: id, currency and time zone (domain.md, section 6)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from promoflow.rulebook.money import rounded


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
        """Amazon Japan sells for whole yen (domain.md, section 6)."""
        return 0 if self.currency == "JPY" else 2

    def written(self, amount: Decimal | None) -> Decimal | None:
        """An amount with the currency's decimals: the database keeps two of all, also of yen."""
        return None if amount is None else rounded(amount, self.currency)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def __str__(self) -> str:
        return f"{self.name} · {self.domain}"


_TABLE = """
ATVPDKIKX0DER  US amazon.com     USD America/Los_Angeles United States
A2EUQ1WTGCTBG2 CA amazon.ca      CAD America/Los_Angeles Canada
A1AM78C64UM0Y8 MX amazon.com.mx  MXN America/Los_Angeles Mexico
A2Q3Y263D00KWC BR amazon.com.br  BRL America/Sao_Paulo   Brazil
A1F83G8C2ARO7P GB amazon.co.uk   GBP Europe/London       United Kingdom
A1PA6795UKMFR9 DE amazon.de      EUR Europe/Paris        Germany
A13V1IB3VIYZZH FR amazon.fr      EUR Europe/Paris        France
APJ6JRA9NG5V4  IT amazon.it      EUR Europe/Paris        Italy
A1RKKUPIHCS9HS ES amazon.es      EUR Europe/Paris        Spain
A1805IZSGTT6HS NL amazon.nl      EUR Europe/Amsterdam    Netherlands
AMEN7PMS3EDWL  BE amazon.com.be  EUR Europe/Brussels     Belgium
A28R8C7NBKEWEA IE amazon.ie      EUR Europe/Dublin       Ireland
A2NODRKZP88ZB9 SE amazon.se      SEK Europe/Stockholm    Sweden
A1C3SOZRARQ6R3 PL amazon.pl      PLN Europe/Warsaw       Poland
A33AVAJ2PDY3EV TR amazon.com.tr  TRY Europe/Istanbul     Türkiye
A2VIGQ35RCS4UG AE amazon.ae      AED Asia/Dubai          United Arab Emirates
A17E79C6D8DWNP SA amazon.sa      SAR Asia/Riyadh         Saudi Arabia
ARBP9OOSHTCHU  EG amazon.eg      EGP Africa/Cairo        Egypt
AE08WJ6YKNBMC  ZA amazon.co.za   ZAR Africa/Johannesburg South Africa
A21TJRUUN4KGV  IN amazon.in      INR Asia/Kolkata        India
A1VC38T7YXB528 JP amazon.co.jp   JPY Asia/Tokyo          Japan
A39IBJ37TRP1C6 AU amazon.com.au  AUD Australia/Sydney    Australia
A19VAU5U5O7RUS SG amazon.sg      SGD Asia/Singapore      Singapore
"""


def _rows() -> list[Marketplace]:
    rows = []
    for line in _TABLE.strip().splitlines():
        id_, country, domain, currency, time_zone, name = line.split(maxsplit=5)
        rows.append(Marketplace(id_, country, name, domain, currency, time_zone))
    return rows


MARKETPLACES: Final = {marketplace.id: marketplace for marketplace in _rows()}
