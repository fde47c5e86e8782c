"""The reports by page and by file: who reads them, what is asked of them, and that no cell runs."""

import csv
import io
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from accounts.roles import AUDITOR, OPERATOR
from promoflow import sheets
from promoflow.audit.models import Entry
from promoflow.promotions.office import Office, hours_of
from promoflow.promotions.reports import files
from promoflow.promotions.reports.frame import Column, Kind, Report, Row, Table
from promoflow.promotions.reports.listing import REPORTS
from promoflow.promotions.services import office
from tests import cast
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET
from tests.promotions.reporting import question

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    """The clock stands where the requests of these tests are."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=1))


@pytest.fixture
def as_ada(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def eventful(aurora, olivia, sam):
    """Something for every report."""
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    lives.approve(request, by=sam, opened_at=NOW - timedelta(seconds=5), note="Go.")
    lives.go_live(request, by=olivia)
    return lives.again(request)


def answer(client, address):
    """The report alone: the page around it tells of alarms too."""
    return text_of(client.get(address, HTTP_HX_REQUEST="true"))


# --- Who reads them, and of which stores ----------------------------------------------------------------


def test_nobody_sees_another_stores_rows(client, aurora, eventful, olivia, sam):
    elsewhere = cast.store("Boreal US", merchant_id="A2BOREAL1234567")
    client.force_login(cast.grant(cast.person("Bo"), elsewhere, AUDITOR))

    for code in REPORTS:
        page = text_of(client.get(f"/reports/{code}/?store={aurora.pk}"))
        assert eventful.reference not in page
        rows = text_of(client.get(f"/reports/{code}/"))
        assert "Aurora US" not in rows
        assert eventful.reference not in rows


def test_who_oversees_several_chooses_a_store(client, aurora, eventful, ada):
    elsewhere = cast.store("Boreal US", merchant_id="A2BOREAL1234567")
    cast.grant(ada, elsewhere, AUDITOR)
    client.force_login(ada)

    assert f'<option value="{elsewhere.pk}">' in text_of(client.get("/reports/approvals/"))
    both = answer(client, "/reports/approvals/")
    assert 'data-label="Store"' in both
    assert 'data-label="Store"' not in answer(client, f"/reports/approvals/?store={aurora.pk}")
    assert eventful.reference in answer(client, f"/reports/approvals/?store={aurora.pk}")
    assert eventful.reference not in answer(client, f"/reports/approvals/?store={elsewhere.pk}")


def test_a_store_that_one_only_works_in_is_not_overseen(client, aurora, eventful, olivia):
    elsewhere = cast.store("Boreal US", merchant_id="A2BOREAL1234567")
    cast.grant(olivia, elsewhere, AUDITOR)
    client.force_login(olivia)

    assert eventful.reference not in answer(client, "/reports/approvals/")


def test_the_way_to_them_is_shown_to_those_who_read_them(client, ada, mia, sam, root):
    for person, shown in ((ada, True), (mia, True), (sam, False), (root, False)):
        client.force_login(person)
        assert ('href="/reports/"' in text_of(client.get("/history/"))) is shown, person


def test_the_people_of_other_stores_are_not_offered(as_ada, aurora, eventful, twin):
    elsewhere = cast.store("Borealis UK", marketplace_id="A1F83G8C2ARO7P", manager=cast.person("Boris"))
    cast.grant(cast.person("Bo"), elsewhere, AUDITOR)

    offered = as_ada.get("/reports/approvers/").context["form"].fields["person"].queryset

    names = {person.name for person in offered}
    assert names >= {"Olivia", "Sam", "Mia", "Ada", "Twin"}
    assert not names & {"Bo", "Boris"}


# --- What is asked --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", REPORTS)
def test_each_report_says_what_it_shows_and_has_rows_and_files(as_ada, eventful, code):
    page = text_of(as_ada.get(f"/reports/{code}/"))

    assert str(REPORTS[code].title) in page
    assert "<tbody>" in page
    assert f'href="/reports/{code}.csv' in page
    assert f'href="/reports/{code}.xlsx' in page


@pytest.mark.parametrize("address", ["/reports/", "/reports/approvals/"])
def test_reports_lie_under_the_history_and_lead_back_to_it(as_ada, eventful, address):
    page = text_of(as_ada.get(address))

    current = page.split('aria-current="page"')[1].split("</a>")[0]
    assert "<span>History</span>" in current
    assert '<a href="/history/">History</a>' in page or 'page-pretitle" href="/history/">History</a>' in page


@pytest.mark.parametrize("code", REPORTS)
def test_where_there_is_nothing_it_says_so(as_ada, eventful, code):
    page = text_of(as_ada.get(f"/reports/{code}/?since=2001-01-01&until=2001-01-02"))

    if code == "versions":
        assert "<tbody>" in page
        return
    assert str(REPORTS[code].nothing) in page
    assert "<tbody>" not in page


def test_it_is_about_the_last_ninety_days_until_somebody_chooses(as_ada, aurora, eventful):
    page = text_of(as_ada.get("/reports/approvals/"))

    assert 'name="since" value="2026-08-26"' in page
    assert 'name="until" value="2026-11-23"' in page
    assert page.count('aria-current="true"') == 1
    assert "/reports/approvals/?since=2026-11-17&amp;until=2026-11-23" in page


def test_the_days_are_the_readers_own(as_ada, aurora, olivia, sam):
    """In Shanghai it is the 23rd when it is 17:00 on the 22nd in London."""
    late = datetime(2026, 11, 22, 17, tzinfo=UTC)
    request = lives.approved(aurora, by=olivia, supervisor=sam, at=late)

    assert request.reference in text_of(as_ada.get("/reports/approvals/?since=2026-11-23&until=2026-11-23"))
    assert request.reference not in text_of(as_ada.get("/reports/approvals/?until=2026-11-22"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("since=2026-11-20&until=2026-11-19", "This day is before the first one"),
        ("since=yesterday", "Enter a valid date."),
        ("since=0001-01-01", "Choose a day between 2000 and 2200."),
        ("until=9999-12-31", "Choose a day between 2000 and 2200."),
        ("person=999999", "Select a valid choice."),
        ("store=999999", None),
        ("seconds=-4", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field_and_kept(as_ada, eventful, typed, said):
    response = as_ada.get(f"/reports/approvers/?{typed}")

    if said is None:
        # With one store there is none to choose.
        assert response.status_code == 200
        return
    assert response.status_code == 422
    assert said in text_of(response)
    assert "Nothing is shown until it can." in text_of(response)
    assert typed.split("=")[-1] in text_of(response)
    assert as_ada.get(f"/reports/approvers.csv?{typed}").status_code == 422


def test_it_is_sorted_by_any_column_but_the_flagged_stay_on_top(as_ada, aurora, olivia, sam):
    def approve(asin, seconds):
        request = lives.submitted(aurora, lives.coupon(asin, percent="10.00"), by=olivia)
        lives.approve(request, by=sam, opened_at=seconds and NOW - timedelta(seconds=seconds))
        return request.reference

    slow, quick, unknown = approve(LAMP, 300), approve(FLOOR_LAMP, 5), approve(SET, None)

    def order(sort):
        page = text_of(as_ada.get(f"/reports/approvals/?sort={sort}")).partition("<tbody>")[2]
        return sorted((slow, quick, unknown), key=page.index)

    assert order("seconds") == [quick, slow, unknown]
    assert order("-seconds") == [quick, slow, unknown]
    assert order("subject") == [quick, slow, unknown]
    assert order("-subject") == [quick, unknown, slow]
    assert order("nonsense") == order("-at")


def test_the_head_says_how_it_is_sorted(as_ada, eventful):
    page = text_of(as_ada.get("/reports/approvals/?sort=approver"))

    assert page.count('aria-sort="ascending"') == 1
    assert "sort=-approver" in page


def test_htmx_gets_the_answer_alone(as_ada, eventful):
    found = answer(as_ada, "/reports/approvals/")

    assert "<html" not in found
    assert eventful.reference in found


@pytest.mark.parametrize("code", REPORTS)
def test_more_rows_cost_no_more_queries(as_ada, aurora, eventful, olivia, oscar, sam, sue, code):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            as_ada.get(f"/reports/{code}/")
        return len(asked)

    queries()
    before = queries()
    for week in range(1, 5):
        for author, supervisor in ((olivia, sam), (oscar, sue)):
            asin = LAMP if author is olivia else SET
            lives.live(aurora, lives.coupon(asin, start=10 + 7 * week), by=author, supervisor=supervisor)
        cast.grant(cast.person(f"New {week}"), aurora, OPERATOR)

    assert queries() == before


def test_a_figure_leads_to_what_is_behind_it(as_ada, eventful, olivia, sam):
    page = text_of(as_ada.get("/reports/approvers/"))
    address = next(
        part.partition('"')[0] for part in page.split('href="') if part.startswith("/reports/approvals/")
    )

    behind = text_of(as_ada.get(address.replace("&amp;", "&")))

    assert f"author={olivia.pk}" in address
    assert f"approver={sam.pk}" in address
    assert eventful.reference in behind
    assert f'href="/requests/{eventful.reference}/"' in behind
    entry = Entry.objects.get(event="request.approved", subject=eventful.reference)
    assert f'href="/history/{entry.pk}/"' in behind


def test_changes_in_all_lead_to_as_many_entries_of_the_history(as_ada, aurora, eventful, olivia):
    page = as_ada.get("/reports/hours/")
    rows = [row for row in page.context["table"].rows if row.values["who"] == "Olivia"]
    assert [bool(row.links.get("deeds")) for row in rows] == [bool(row.values["store"]) for row in rows]

    [row] = [row for row in rows if row.values["store"] == aurora.pk]
    behind = text_of(as_ada.get(str(row.links["deeds"])))

    assert len(set(re.findall(r'href="/history/(\d+)/', behind))) == row.values["deeds"]


def test_people_are_chosen_by_name_and_address(as_ada, eventful, olivia):
    for code in ("approvers", "approvals", "hours"):
        assert f"Olivia ({olivia.email})" in text_of(as_ada.get(f"/reports/{code}/")), code


# --- Files ----------------------------------------------------------------------------------------------


def read_csv(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def read_xlsx(response):
    sheet = load_workbook(io.BytesIO(response.content)).worksheets[0]
    return sheet, [[cell.value for cell in row] for row in sheet.rows]


def test_the_files_hold_what_the_page_shows_with_numbers_and_dates_as_such(as_ada, aurora, eventful):
    header, *rows = read_csv(as_ada.get("/reports/approvals.csv?acknowledged=on"))
    sheet, (xlsx_header, *xlsx_rows) = read_xlsx(as_ada.get("/reports/approvals.xlsx?acknowledged=on"))

    assert header == xlsx_header
    assert header[:3] == ["Look at", "When (Asia/Shanghai)", "Request"]
    assert rows[0] == [
        "Within 30 seconds of opening the page",
        "2026-11-22T18:00:00+08:00",
        eventful.reference,
        "Olivia",
        "Sam",
        "5.0",
        "1",
        "1",
        "",
        "Go.",
        "olivia@example.com",
        str(eventful.created_by_id),
        "sam@example.com",
        str(User.objects.get(name="Sam").pk),
    ]
    assert rows[-1][0] == xlsx_rows[-1][0] == "Total"
    assert len(rows) == len(xlsx_rows) == 2
    assert xlsx_rows[0][1] == datetime(2026, 11, 22, 18)  # noqa: DTZ001
    assert xlsx_rows[0][5:8] == [5, 1, 1]
    assert [cell.data_type for cell in sheet[2]][:3] == ["s", "d", "s"]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["B"].width > 20


def test_a_file_holds_all_rows_although_a_page_shows_some(as_ada, monkeypatch, eventful):
    monkeypatch.setattr("promoflow.promotions.views.reports.PER_PAGE", 1)

    page = text_of(as_ada.get("/reports/approvals/"))
    rows = read_csv(as_ada.get("/reports/approvals.csv"))

    assert page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr") == 1
    assert "1 to 1 of 2" in page
    assert len(rows) == 1 + 2 + 1


def test_a_workbook_that_would_be_too_long_says_to_take_the_csv(as_ada, monkeypatch, eventful):
    assert 'href="/reports/approvals.xlsx' in text_of(as_ada.get("/reports/approvals/"))
    monkeypatch.setattr(files, "MOST_ROWS", 1)

    page = text_of(as_ada.get("/reports/approvals/"))
    assert "2 rows are too many for a workbook, which holds 1 here." in page
    assert 'href="/reports/approvals.xlsx' not in page
    assert 'href="/reports/approvals.csv' in page
    refused = as_ada.get("/reports/approvals.xlsx")

    assert refused.status_code == 422
    assert "2 rows are too many for a workbook, which holds 1 here." in text_of(refused)
    assert as_ada.get("/reports/approvals.csv").status_code == 200


def test_the_clock_of_the_office_is_told_in_the_readers_words_and_in_files_as_machines_sort_it(
    as_ada, aurora, eventful, ada, mia
):
    office.set_hours(store=aurora, office=Office(zone="America/New_York"), by=mia, at=NOW - timedelta(days=1))
    User.objects.filter(pk=ada.pk).update(language="zh-hans")

    page = text_of(as_ada.get("/reports/deeds/"))
    rows = read_csv(as_ada.get("/reports/deeds.csv"))

    assert ">2026年11月22日 星期日 05:00 EST</time>" in page
    assert "2026-11-22 05:00 America/New_York" in {row[2] for row in rows}
    assert "2026-11-22 05:00" not in page


def test_a_file_is_sorted_as_the_page_is(as_ada, eventful):
    ways = [
        [row[2] for row in read_csv(as_ada.get(f"/reports/approvals.csv?seconds=1&sort={sort}"))[1:-1]]
        for sort in ("subject", "-subject")
    ]

    assert ways[0] == ways[1][::-1]
    assert len(ways[0]) == 2


TRIGGERS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]


def payloads(number=1000):
    """ASVS 1.2.10: every trigger, alone and behind what a spreadsheet skips, before what would run."""
    dice = random.Random(1210)
    runs = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("https://x","y")', "SUM(1)*cmd|'x'!A1", "2+5", ""]
    before = ["", " ", "\u200b", "\ufeff", "\xa0", "'", "\u2028", "''", " \u200d "]
    return [
        dice.choice(before) + dice.choice(TRIGGERS) + dice.choice(runs) + str(number)
        for number in range(number)
    ]


@pytest.mark.parametrize("code", REPORTS)
def test_no_cell_of_any_text_column_runs(code):
    texts = [column for column in REPORTS[code].columns if column.kind is Kind.TEXT]
    asked = replace(question(), stores=(1, 2))
    numbers = [column for column in REPORTS[code].columns if column.kind is not Kind.TEXT]
    rows = [
        Row(
            values={column.key: text for column in texts} | {column.key: None for column in numbers},
            flags=(text,),
        )
        for text in payloads()
    ]
    report = Report(**{**vars(REPORTS[code]), "rows": lambda question: rows, "order": texts[0].key})
    table = Table(report, asked)

    written = read_csv(sheets.csv_response("x.csv", files.header(table), files.rows(table)))
    sheet, _values = read_xlsx(sheets.table_response("x.xlsx", files.header(table), [*files.rows(table)]))

    cells = [cell for row in written[1:] for cell in row if cell]
    assert len(cells) >= 1000 * (1 + len(texts))
    assert [cell for cell in cells if not is_text(cell)] == []
    types = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None}
    assert types == {"s"}
    assert all(cell.quotePrefix for cell in sheet[2] if cell.value is not None)


def is_text(cell):
    """What OWASP asks: the first character that a spreadsheet does not skip is no sign."""
    return (
        cell[0] not in TRIGGERS and cell.lstrip(" \u200b\ufeff\xa0\u2028\u200d\t\r\n\0")[:1] not in TRIGGERS
    )


def test_negative_numbers_stay_numbers_in_both_files():
    columns = (Column("name", "Name"), Column("loss", "Loss", Kind.NUMBER, is_summed=True))
    rows = [Row({"name": "-5", "loss": -5}), Row({"name": "x", "loss": Decimal("-0.25")})]
    report = Report(
        **{**vars(REPORTS["approvers"]), "columns": columns, "rows": lambda question: rows, "order": "name"}
    )
    table = Table(report, question())

    written = read_csv(sheets.csv_response("x.csv", files.header(table), files.rows(table)))
    _sheet, values = read_xlsx(sheets.table_response("x.xlsx", files.header(table), [*files.rows(table)]))

    assert [row[1:] for row in written[1:]] == [["'-5", "-5"], ["x", "-0.25"]]
    assert [row[1:] for row in values[1:]] == [["-5", -5], ["x", -0.25]]
    assert table.totals == {"loss": Decimal("-5.25")}


def test_a_name_that_is_a_formula_is_text_in_the_downloads(as_ada, aurora, olivia, sam):
    eve = cast.grant(cast.person("=HYPERLINK(1)"), aurora, OPERATOR)
    lives.approved(aurora, by=eve, supervisor=sam)

    rows = read_csv(as_ada.get("/reports/approvals.csv"))
    sheet, values = read_xlsx(as_ada.get("/reports/approvals.xlsx"))

    assert rows[1][3] == "'=HYPERLINK(1)"
    assert values[1][3] == "=HYPERLINK(1)"
    assert sheet.cell(2, 4).data_type == "s"


# --- Office hours, by page ------------------------------------------------------------------------------

HOURS = {"days": ["1", "6"], "opens": "08:30", "closes": "17:00", "zone": "Europe/Berlin"}


def test_a_manager_sets_the_office_hours(client, aurora, mia):
    client.force_login(mia)
    address = f"/stores/{aurora.pk}/office-hours/"

    before = text_of(client.get(address))
    response = client.post(address, HOURS)

    assert 'value="09:00"' in before
    assert before.count("checked") == 5
    assert response.status_code == 303
    assert hours_of(aurora.pk).told == {
        "days": [1, 6],
        "opens": "08:30",
        "closes": "17:00",
        "zone": "Europe/Berlin",
    }
    assert 'value="08:30"' in text_of(client.get(address))
    assert "Office hours" in text_of(client.get(f"/stores/{aurora.pk}/"))


def test_the_page_says_how_a_night_is_typed_and_takes_it(client, aurora, mia):
    client.force_login(mia)
    address = f"/stores/{aurora.pk}/office-hours/"

    page = text_of(client.get(address))
    response = client.post(address, HOURS | {"opens": "22:00", "closes": "06:00"})

    assert "22:00 to 06:00 is a night" in page
    assert response.status_code == 303
    assert (hours_of(aurora.pk).opens, hours_of(aurora.pk).closes) == (time(22), time(6))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"days": []}, "Tick the days on which the office is open."),
        ({"opens": "late"}, "Enter a valid time."),
        ({"zone": "Moon/Crater"}, "Select a valid choice."),
        ({"days": ["8"]}, "Select a valid choice."),
    ],
)
def test_hours_that_cannot_be_are_refused_beside_the_field_and_kept(client, aurora, mia, changed, said):
    client.force_login(mia)

    response = client.post(f"/stores/{aurora.pk}/office-hours/", HOURS | changed)

    assert response.status_code == 422
    assert said in text_of(response)
    assert 'value="' + (HOURS | changed)["closes"] in text_of(response)
    assert not Entry.objects.filter(event="store.hours_changed").exists()
