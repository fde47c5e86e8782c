"""Amazon's marketplaces, written out once more: a wrong currency or zone shifts prices and days unseen."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from promoflow.catalog.marketplaces import MARKETPLACES

TABLE = """
ATVPDKIKX0DER  US amazon.com     USD America/Los_Angeles
A2EUQ1WTGCTBG2 CA amazon.ca      CAD America/Los_Angeles
A1AM78C64UM0Y8 MX amazon.com.mx  MXN America/Los_Angeles
A2Q3Y263D00KWC BR amazon.com.br  BRL America/Sao_Paulo
A1F83G8C2ARO7P GB amazon.co.uk   GBP Europe/London
A1PA6795UKMFR9 DE amazon.de      EUR Europe/Paris
A13V1IB3VIYZZH FR amazon.fr      EUR Europe/Paris
APJ6JRA9NG5V4  IT amazon.it      EUR Europe/Paris
A1RKKUPIHCS9HS ES amazon.es      EUR Europe/Paris
A1805IZSGTT6HS NL amazon.nl      EUR Europe/Amsterdam
AMEN7PMS3EDWL  BE amazon.com.be  EUR Europe/Brussels
A28R8C7NBKEWEA IE amazon.ie      EUR Europe/Dublin
A2NODRKZP88ZB9 SE amazon.se      SEK Europe/Stockholm
A1C3SOZRARQ6R3 PL amazon.pl      PLN Europe/Warsaw
A33AVAJ2PDY3EV TR amazon.com.tr  TRY Europe/Istanbul
A2VIGQ35RCS4UG AE amazon.ae      AED Asia/Dubai
A17E79C6D8DWNP SA amazon.sa      SAR Asia/Riyadh
ARBP9OOSHTCHU  EG amazon.eg      EGP Africa/Cairo
AE08WJ6YKNBMC  ZA amazon.co.za   ZAR Africa/Johannesburg
A21TJRUUN4KGV  IN amazon.in      INR Asia/Kolkata
A1VC38T7YXB528 JP amazon.co.jp   JPY Asia/Tokyo
A39IBJ37TRP1C6 AU amazon.com.au  AUD Australia/Sydney
A19VAU5U5O7RUS SG amazon.sg      SGD Asia/Singapore
"""
ROWS = [tuple(row.split()) for row in TABLE.strip().splitlines()]


def test_each_has_its_id_its_domain_its_currency_and_its_zone():
    known = [
        (key, market.id, market.country, market.domain, market.currency, ZoneInfo(market.time_zone).key)
        for key, market in MARKETPLACES.items()
    ]

    assert known == [(row[0], *row) for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_only_yen_are_sold_whole(row):
    written = MARKETPLACES[row[0]].written(Decimal("1299.00"))

    assert str(written) == ("1299" if row[3] == "JPY" else "1299.00")
    assert MARKETPLACES[row[0]].decimals == (0 if row[3] == "JPY" else 2)
