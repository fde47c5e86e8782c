"""What differs between two reports, as values and as sentences."""

import copy
import re
from dataclasses import replace

import pytest

from promoflow.promotions import checker
from promoflow.promotions.changes import compare
from promoflow.promotions.wording import change_sentences
from promoflow.rulebook import findings
from tests.promotions import lives
from tests.promotions.lives import LAMP, SET

pytestmark = pytest.mark.django_db

ZONE = "America/Los_Angeles"


@pytest.fixture
def report(aurora, olivia, oscar, sue):
    """A coupon on two products beside an approved Price Discount on one: one warning."""
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)
    return checker.report_of(lives.drafted(aurora, lives.coupon(LAMP, SET), by=olivia), at=lives.NOW)


@pytest.fixture
def body(report):
    return report.body


@pytest.fixture
def other(body):
    return body["others"][0]["reference"]


def told(seen, now):
    return [str(line) for line in change_sentences.lines(compare(seen, now), zone=ZONE, currency="USD")]


def plain(line):
    return re.sub(r"</?a[^>]*>", "", line)


def changed(body, change):
    """A copy of the body in which something is otherwise."""
    now = copy.deepcopy(body)
    change(now)
    return now


def put(*path):
    """Puts the last one where the others lead."""
    *way, name, value = path

    def change(body):
        for step in way:
            body = body[step]
        body[name] = value

    return change


def test_the_same_report_has_no_changes(body):
    changes = compare(body, copy.deepcopy(body))

    assert told(body, copy.deepcopy(body)) == []
    assert changes.untouched == {finding.key for finding in findings.from_data(body["findings"])}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("policy", 2), "Policy: version 1 → version 2"),
        (
            put("products", 0, "price", "12.00"),
            f"{LAMP} (Aurora desk lamp, warm white): price $19.99 → $12.00",
        ),
        (
            put("products", 0, "floor", None),
            f"{LAMP} (Aurora desk lamp, warm white): floor price $9.99 → none",
        ),
        (put("products", 0, "title", "Lamp"), f"{LAMP} (Lamp): title Aurora desk lamp, warm white → Lamp"),
        (
            put("products", 0, "currency", "CAD"),
            f"{LAMP} (Aurora desk lamp, warm white): currency USD → CAD",
        ),
        (
            put("worst", LAMP, "price", "8.88"),
            f"{LAMP} (Aurora desk lamp, warm white): worst price $13.99 → $8.88",
        ),
        (put("others", 0, "state", "live"), "{other} has changed. State: Approved → Live"),
        (put("others", 0, "kind", "best_deal"), "{other} has changed. Kind: Price Discount → Best Deal"),
        (
            put("others", 0, "discount", ["percent", "30.00"]),
            "{other} has changed. Discount: 10 % off → 30 % off",
        ),
        (
            put("others", 0, "window", ["2026-12-02T08:00:00Z", "2026-12-09T08:00:00Z"]),
            "{other} has changed. End: Sat 5 Dec 2026, 00:00 PST → Wed 9 Dec 2026, 00:00 PST",
        ),
        (put("others", 0, "asins", [LAMP, SET]), f"{{other}} has changed. Products: added {SET}"),
        (put("others", 0, "currency", "CAD"), "{other} has changed. Currency: USD → CAD"),
        (
            put("others", 0, "terms", {"stopped_at": "2026-12-03T10:30:00Z"}),
            "{other} has changed. Stopped: – → Thu 3 Dec 2026, 02:30 PST",
        ),
        (
            put("others", 0, "terms", {"claim_code": "LAMPS25"}),
            "{other} has changed. Code: – → LAMPS25",
        ),
        (
            put("others", []),
            "No longer beside it: {other} (Price Discount, 10 % off), Dec 2 to Dec 4 (PST).",
        ),
    ],
    ids=lambda value: "" if callable(value) else re.sub(r"\W+", " ", value)[:40],
)
def test_each_kind_of_change_is_told(body, other, change, said):
    assert [plain(line) for line in told(body, changed(body, change))] == [said.format(other=other)]


def test_what_appears_beside_it_is_told_with_its_days_and_state(body, other):
    before = changed(body, put("others", []))

    (line,) = told(before, body)

    assert plain(line) == (
        f"New beside it: {other} (Price Discount, 10 % off), Dec 2 to Dec 4 (PST). State: Approved."
    )
    assert f'<a href="/requests/{other}/">{other}</a>' in line


def test_one_day_is_told_as_one_and_free_items_as_such(body, other):
    now = changed(body, put("others", 0, "window", ["2026-12-02T08:00:00Z", "2026-12-03T08:00:00Z"]))
    now["others"][0] |= {
        "kind": "buy_one_get_one",
        "discount": ["free_items", None],
        "terms": {"buy_quantity": 2, "get_quantity": 1},
    }

    (line,) = told(changed(body, put("others", [])), now)

    assert "(buy one get one, buy 2, get 1 free), all day on Dec 2 (PST)" in line


def test_products_that_join_or_leave_are_told(body):
    without = changed(body, lambda now: now["products"].pop(0))

    assert told(without, body) == [f"Now among its products: {LAMP} (Aurora desk lamp, warm white)"]
    assert told(body, without) == [f"No longer among its products: {LAMP} (Aurora desk lamp, warm white)"]


def test_findings_that_come_and_go_are_told_in_their_own_sentences(body, other):
    without = changed(body, put("findings", []))

    come, gone = told(without, body), told(body, without)

    meeting = f"{other} (Price Discount, 10 % off) runs on {LAMP}"
    cap, unseen = "The budget of $500.00 is no cap", "It also comes off a Sale Price"
    leads = (f"New warning: {meeting}", f"New note: {cap}", f"New note: {unseen}")
    for lead, line in zip(leads, come, strict=True):
        assert plain(line).startswith(lead)
    for lead, line in zip((meeting, cap, unseen), gone, strict=True):
        assert plain(line).startswith(f"No longer found: {lead}")
    assert compare(without, body).untouched == frozenset()


@pytest.mark.parametrize(
    ("severity", "lead"), [("block", "This blocks, and it now says: "), ("warn", "This warning now says: ")]
)
def test_a_finding_that_says_something_else_now_is_told(body, severity, lead):
    now = changed(body, put("findings", 0, "price", "8.88"))
    now["findings"][0]["severity"] = severity

    (line,) = told(body, now)

    assert line.startswith(lead)
    assert "$8.88" in line
    assert compare(body, now).untouched == {"budget-not-a-cap::", "unseen-prices::"}


def test_a_finding_that_reads_the_same_is_not_told_but_is_no_longer_what_was_read(body):
    now = changed(body, put("findings", 0, "steps", []))

    assert told(body, now) == []
    assert compare(body, now).untouched == {"budget-not-a-cap::", "unseen-prices::"}


def test_of_many_changes_a_few_of_each_sort_are_told_and_how_many_more_there_are(body):
    many = [body["products"][0] | {"asin": f"B0MANY{number:04}"} for number in range(17)]
    before = changed(body, put("products", many))
    now = changed(before, lambda now: [row.update(price="12.00") for row in now["products"]])
    now["policy"] = 2

    lines = told(before, now)

    assert len(lines) == 1 + change_sentences.FEW + 1
    assert lines[0] == "Policy: version 1 → version 2"
    assert lines[-1] == "and 12 more"


def test_nothing_in_a_line_is_markup(body):
    now = changed(body, put("others", 0, "terms", {"claim_code": "<b>25"}))

    (line,) = told(body, now)

    assert "&lt;b&gt;25" in line


def test_a_policy_under_which_the_same_is_found_is_told(report):
    later = replace(report, case=replace(report.case, policy=replace(report.policy, number=7)))

    assert told(report.body, later.body) == ["Policy: version 1 → version 7"]
