"""Twelve coupons as rows of Amazon's bulk sheet, cell by cell, as a spreadsheet reads the file again."""

import io
import re
from datetime import date

import pytest
from openpyxl import load_workbook

from promoflow import sheets
from promoflow.catalog.marketplaces import MARKETPLACES
from promoflow.promotions.pages import bulk_sheet

ONE, TWO, ISBN = "B0AURORA01", "B0AURORA02", "0306406152"

# By country what was approved, then columns A to H: an amount of money, or a percentage with its sign.
COUPONS = [
    ("US", [ONE], "20.00%", "500.00", ("2026-12-02T08:00:00Z", "2026-12-05T08:00:00Z"),
     (ONE, "Percentage Off", 20, None, 500, "2026-12-02", "2026-12-04")),
    ("US", [ONE, TWO], "2.50", "100.00", ("2026-12-02T08:00:00Z", "2026-12-03T08:00:00Z"),
     (f"{ONE};{TWO}", "Money Off", None, 2.5, 100, "2026-12-02", "2026-12-02")),
    ("US", [ISBN, ONE], "5.00%", "1234.56", ("2027-03-13T08:00:00Z", "2027-03-15T07:00:00Z"),
     (f"{ISBN};{ONE}", "Percentage Off", 5, None, 1234.56, "2027-03-13", "2027-03-14")),
    ("CA", [ONE], "50.00%", "100.00", ("2026-10-31T07:00:00Z", "2026-11-02T08:00:00Z"),
     (ONE, "Percentage Off", 50, None, 100, "2026-10-31", "2026-11-01")),
    ("JP", [ONE], "300", "10000", ("2026-12-01T15:00:00Z", "2026-12-31T15:00:00Z"),
     (ONE, "Money Off", None, 300, 10000, "2026-12-02", "2026-12-31")),
    ("JP", [ONE], "12.50%", "50000", ("2026-12-31T15:00:00Z", "2027-01-01T15:00:00Z"),
     (ONE, "Percentage Off", 12.5, None, 50000, "2027-01-01", "2027-01-01")),
    ("GB", [ONE], "10.00%", "100.00", ("2027-03-28T00:00:00Z", "2027-03-28T23:00:00Z"),
     (ONE, "Percentage Off", 10, None, 100, "2027-03-28", "2027-03-28")),
    ("DE", [ONE], "3.99", "999.99", ("2026-12-23T23:00:00Z", "2026-12-26T23:00:00Z"),
     (ONE, "Money Off", None, 3.99, 999.99, "2026-12-24", "2026-12-26")),
    ("EG", [ONE], "15.00%", "100.00", ("2026-04-22T22:00:00Z", "2026-04-24T21:00:00Z"),
     (ONE, "Percentage Off", 15, None, 100, "2026-04-23", "2026-04-24")),
    ("AU", [ONE], "25.00%", "100.00", ("2026-10-03T14:00:00Z", "2027-01-01T13:00:00Z"),
     (ONE, "Percentage Off", 25, None, 100, "2026-10-04", "2027-01-01")),
    ("IN", [ONE], "0.01", "250.00", ("2026-12-01T18:30:00Z", "2026-12-02T18:30:00Z"),
     (ONE, "Money Off", None, 0.01, 250, "2026-12-02", "2026-12-02")),
    ("BR", [ONE], "33.33%", "100.00", ("2027-02-27T03:00:00Z", "2027-03-02T03:00:00Z"),
     (ONE, "Percentage Off", 33.33, None, 100, "2027-02-27", "2027-03-01")),
]  # fmt: skip


def read_again(content, zone):
    row = bulk_sheet.row(content, zone=zone)
    response = sheets.workbook_response("coupon.xlsx", bulk_sheet.HEADER, [row])
    return [cell.value for cell in load_workbook(io.BytesIO(response.content)).worksheets[0][2]]


@pytest.mark.parametrize("title", ["Save on lamps", "=1+1", "ランプ 🎁 É", "x" * 80])
@pytest.mark.parametrize(("country", "asins", "off", "budget", "window", "cells"), COUPONS)
def test_each_cell_is_what_its_column_takes(country, asins, off, budget, window, cells, title):
    market = next(market for market in MARKETPLACES.values() if market.country == country)
    content = {
        "kind": "coupon",
        "asins": asins,
        "discount_type": "percent" if off.endswith("%") else "money",
        "discount_value": off.removesuffix("%"),
        "title": title,
        "budget": budget,
        "starts_at": window[0],
        "ends_at": window[1],
    }

    found = read_again(content, market.time_zone)

    assert tuple(found) == (*cells[:4], title, *cells[4:])
    assert re.fullmatch(r"([0-9A-Z]{10})(;[0-9A-Z]{10})*", found[0])
    assert date.fromisoformat(found[6]) <= date.fromisoformat(found[7])
