"""What entries keep, as people read it: no code, no name of a column, no instant of another clock."""

import ast
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation

from accounts.roles import OPERATOR
from accounts.services import people
from promoflow.audit.labels import LABELS
from promoflow.audit.models import Entry
from promoflow.catalog.services import imports, products, stores
from promoflow.catalog.services.products import Facts
from promoflow.promotions.services import delegating, drafting, office, running
from promoflow.promotions.wording import recorded
from promoflow.retention.kept import KEPT
from tests import cast
from tests.architecture.sources import modules, parsed
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW, coupon, social_code

pytestmark = pytest.mark.django_db

RECORDING = {"record", "_record", "record_refused", "refusals"}


def newest(event):
    return Entry.objects.filter(event=event).latest("pk")


def said(entry):
    """By its code: the label, the words before and the words after."""
    return {one.code: (one.label, one.before, one.after) for one in recorded.changes(entry)}


def after(event):
    return {code: words[2] for code, words in said(newest(event)).items()}


def test_a_draft_is_told_in_the_stores_money_and_on_its_days(aurora, olivia):
    lives.drafted(aurora, coupon(LAMP), by=olivia)

    told = after("request.drafted")

    assert told["kind"] == "Coupon"
    assert told["discount_type"] == "Percent off the price"
    assert told["discount_value"] == "20 % off"
    assert told["budget"] == "$500.00"
    assert told["starts_at"] == "Wed 2 Dec 2026"
    assert told["ends_at"] == "Fri 4 Dec 2026"
    assert told["one_per_customer"] == "yes"
    assert told["asins"] == LAMP


def test_a_time_is_told_on_the_stores_clock_and_on_the_readers(aurora, olivia):
    lives.drafted(aurora, social_code(LAMP), by=olivia)

    with timezone.override("Asia/Shanghai"):
        told = after("request.drafted")

    assert told["starts_at"].startswith("Wed 2 Dec 2026, 00:00 PST")


def test_an_edit_is_read_beside_the_content_that_it_left(aurora, olivia):
    request = lives.drafted(aurora, coupon(LAMP), by=olivia)
    drafting.edit(
        reference=request.reference,
        typed=coupon(LAMP, percent="25.00"),
        revision=request.newest.number,
        by=olivia,
        at=NOW,
    )

    assert said(newest("request.edited"))["discount_value"] == ("discount", "20 % off", "25 % off")


def test_the_reasons_of_warnings_stand_under_their_names(aurora, olivia):
    lives.submitted(aurora, social_code(LAMP), by=olivia)

    entry = newest("request.submitted")

    assert after("request.submitted")["approved_by_role"] == "Supervisor"
    assert not {label for label, *_words in said(entry).values() if ":" in label}


def test_until_when_a_stopped_one_may_linger_is_a_time_and_not_a_code(aurora, olivia, sam):
    request = lives.live(aurora, social_code(LAMP), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=NOW + timedelta(hours=1))

    assert after("request.stopped")["gone_by"] == (
        "Wed 2 Dec 2026, 00:00 PST, for you Wed 2 Dec 2026, 08:00 UTC"
    )


def test_prices_have_their_currency(aurora, mia):
    found = Facts(Decimal("19.99"), Decimal("9.99"), "")
    products.change(
        store=aurora,
        asin=LAMP,
        seen=found,
        to=found._replace(floor_price=Decimal("12.50")),
        by=mia,
        at=NOW,
        why="",
    )

    assert said(newest("product.floor_changed"))["floor_price"] == ("floor price", "$9.99", "$12.50")


def test_roles_and_languages_are_said_as_pages_say_them(aurora, olivia):
    people.change_preferences(by=olivia, language="zh-hans", time_zone="Asia/Shanghai", at=NOW)

    assert after("role.granted")["role"] == "Operator"
    assert after("person.preferences_changed")["language"] == "Simplified Chinese"
    with translation.override("zh-hans"):
        assert after("role.granted")["role"] == "运营"


def test_the_country_of_a_store_is_said_in_the_readers_language(aurora):
    assert newest("store.added").after["marketplace"] == "United States · amazon.com"
    with translation.override("zh-hans"):
        assert after("store.added")["marketplace"] == "美国 · amazon.com"


def test_the_days_of_an_office_have_names(aurora, mia):
    hours = office.Office(days=(1, 6), zone="Asia/Shanghai")
    office.set_hours(store=aurora, office=hours, by=mia, at=NOW)

    assert after("store.hours_changed")["days"] == "Monday, Saturday"


def test_an_absence_is_told_on_a_clock_that_people_read(aurora, sam, sue):
    delegating.name(
        store=aurora,
        delegate=sue,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=2),
        by=sam,
        at=NOW,
    )

    told = after("delegation.named")
    assert told["delegate"] == "Sue"
    assert told["ends_at"].startswith("Tue 24 Nov 2026, 02:00 PST")


def test_an_import_is_told_by_its_kind(aurora, mia):
    file = SimpleUploadedFile("floors.csv", b"asin,floor\nB0AURORA01,9.00\n")
    imports.upload(store=aurora, kind="floors", file=file, by=mia, at=NOW)

    assert after("import.uploaded")["kind"] == "Floor prices and parents"


def test_what_an_import_changed_is_told_product_by_product(aurora, mia):
    entry = Entry(
        event="import.applied",
        store_id=aurora.pk,
        after={
            "counts": {"all": 1200, "new": 0, "price": 2},
            "changes": [
                {"asin": LAMP, "price": ["19.99", "17.99"]},
                {"asin": LAMP, "floor_price": [None, "9.00"]},
            ],
        },
    )

    told = {code: words[2] for code, words in said(entry).items()}

    assert told["counts"] == "in all: 1,200; changed prices: 2"
    assert told["changes"] == (f"ASIN: {LAMP}; price: $19.99 → $17.99\nASIN: {LAMP}; floor price: – → $9.00")


def test_a_rule_is_named_as_the_rules_page_names_it():
    entry = Entry(
        event="policy.edited",
        before={"kinds.coupon.limits.percent.most": 50, "pairs.coupon.social_code": "block"},
        after={"kinds.coupon.limits.percent.most": 40, "pairs.coupon.social_code": "warn"},
    )

    assert said(entry) == {
        "kinds.coupon.limits.percent.most": ("Coupon; Discount in percent; at most", "50", "40"),
        "pairs.coupon.social_code": ("Coupon and Social media promo code", "Block", "Warn"),
    }


@pytest.mark.parametrize("value", ["unheard-of", 7, 1.5, {"a": {"b": []}}, [[1], {}], "x" * 3000, True])
@pytest.mark.parametrize("name", ["kind", "price", "starts_at", "days", "blackouts.May", "what nobody knows"])
def test_whatever_an_entry_holds_can_be_shown(aurora, name, value):
    entry = Entry(event="store.changed", store_id=aurora.pk, after={name: value})

    assert recorded.changes(entry)


def test_the_page_keeps_what_is_recorded_to_be_seen(client, aurora, olivia):
    cast.grant(cast.person("New"), aurora, OPERATOR)
    lives.drafted(aurora, coupon(LAMP), by=olivia)
    client.force_login(olivia)

    entry = newest("request.drafted")
    text = client.get(reverse("history-entry", args=[entry.pk])).content.decode()

    assert "Percent off the price" in text
    assert "&quot;discount_type&quot;: &quot;percent&quot;" in text
    assert 'title="discount_type"' in text


def test_what_is_deleted_by_the_night_has_a_name():
    assert {kept.code for kept in KEPT if kept.forget} <= LABELS.keys()


def test_each_name_that_a_service_records_has_words():
    """As far as the code spells them out; the journeys and the demonstration walk the rest."""
    recorded_names = {
        name
        for path in modules()
        if {"services", "accounts"} & {*path.parts}
        for name in _names_recorded_in(path)
    }

    assert {"may_run", "sku_price", "retyped_asin", "delegate"} <= recorded_names
    # An import hands its values over as arguments, and `after` is the name of one.
    assert recorded_names - LABELS.keys() == {"after"}


def _names_recorded_in(path):
    for node in ast.walk(parsed(path)):
        said = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in RECORDING:
            said = [word.value for word in node.keywords if word.arg in ("before", "after")]
        elif isinstance(node, ast.FunctionDef) and node.name in ("_told", "told", "_circumstances"):
            said = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("before", "after"):
            said = [node.value]
        for value in said:
            yield from (
                key.value
                for inner in ast.walk(value)
                if isinstance(inner, ast.Dict)
                for key in inner.keys
                if isinstance(key, ast.Constant)
            )


def test_stores_are_told_by_name(aurora, mia):
    stores.change(
        store=aurora,
        seen=stores.Facts.of(aurora),
        to=stores.Facts("Aurora North", aurora.merchant_id),
        by=mia,
        at=NOW,
    )

    assert said(newest("store.changed"))["name"] == ("name", "Aurora US", "Aurora North")
