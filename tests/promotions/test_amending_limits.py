"""What an amendment cannot be of what it amends: less than was approved, or what Amazon does not change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.catalog.models import Store
from promoflow.errors import Blocked
from promoflow.policies import selectors as policies
from promoflow.promotions import amendments
from promoflow.promotions.content import decode
from promoflow.promotions.models import State
from promoflow.promotions.services import amending, drafting
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = pytest.mark.django_db

DURING = lives.NOW + timedelta(days=2)
WIDER = {"asins": [LAMP, FLOOR_LAMP]}
BROUGHT_FORWARD = "its end was brought forward since"


@pytest.fixture
def _during(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: DURING)


def typed(**changed):
    """A coupon as its form sends it."""
    return {
        "revision": "1",
        "title": "Save on lamps",
        "asins": LAMP,
        "discount_type": "percent",
        "discount_value": "20",
        "starts_on": "2026-11-23",
        "ends_on": "2026-11-29",
        "budget": "500",
        "one_per_customer": "on",
        **changed,
    }


@pytest.fixture
def live(aurora, olivia, sam):
    return lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)


# --- What was shortened ---------------------------------------------------------------------------------


@pytest.fixture
def shortened(live, olivia):
    """A coupon approved to November 29, whose last day is the 26th since."""
    ends_at = datetime(2026, 11, 27, 8, tzinfo=UTC)
    return amending.shorten(reference=live.reference, by=olivia, at=DURING, ends_at=ends_at)


@pytest.mark.parametrize("changed", [{"ends_at": "2026-11-28T08:00:00Z"}, {"budget": "900.00"}, WIDER])
def test_nothing_is_saved_of_an_amendment_that_ends_before_the_approved_end(shortened, olivia, changed):
    with pytest.raises(Blocked, match=f"until Sun 29 Nov 2026, and {BROUGHT_FORWARD}"):
        lives.amendment_of(shortened, changed, by=olivia, at=DURING)

    made = lives.again(shortened.amendments.get())
    assert (made.state, made.newest.number) == (State.DRAFT, 1)
    assert Entry.objects.filter(event="request.edit_refused", subject=made.reference).count() == 1


@pytest.mark.parametrize("ends_at", ["2026-11-30T08:00:00Z", "2026-12-04T08:00:00Z"])
def test_one_that_ends_then_or_later_is_approved_and_takes_its_place(shortened, olivia, sam, ends_at):
    made = lives.amended(shortened, {"ends_at": ends_at}, by=olivia, supervisor=sam, at=DURING)

    lives.go_live(made, by=olivia, at=DURING)

    assert lives.again(made).state == State.LIVE
    assert lives.again(shortened).state == State.ENDED


@pytest.mark.usefixtures("_during")
def test_its_form_says_so_at_once_and_beside_the_end(client, shortened, olivia):
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[shortened.reference])).url

    opened = text_of(client.get(address))
    refused = client.post(address, typed(ends_on="2026-11-28"))
    saved = client.post(address, typed(ends_on="2026-11-29"))

    assert BROUGHT_FORWARD in opened
    assert refused.status_code == 422
    [error] = refused.context["form"].errors["ends_on"]
    assert error.startswith(f"{shortened.reference} was approved until Sun 29 Nov 2026")
    assert saved.status_code == 303


@pytest.mark.usefixtures("_during")
def test_what_no_field_is_to_blame_for_is_said_above_the_form_and_what_was_typed_stays(client, live, olivia):
    """The store is another account at Amazon by now, where what it amends does not run."""
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[live.reference])).url
    Store.objects.filter(pk=live.store_id).update(merchant_id="A9CORRECTED00")

    refused = client.post(address, typed(budget="900"))

    assert refused.status_code == 422
    assert "An amendment may only end later" in text_of(refused)
    assert 'value="900"' in refused.content.decode()
    assert lives.again(live.amendments.get()).newest.number == 1


# --- What is less, or other ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("_during")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("asins", FLOOR_LAMP),
        ("discount_value", "30"),
        ("starts_on", "2026-11-25"),
        ("ends_on", "2026-11-28"),
        ("budget", "400"),
        ("one_per_customer", ""),
    ],
)
def test_the_form_of_an_amendment_says_beside_the_field_what_it_may_not_become(
    client, live, olivia, field, value
):
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[live.reference])).url

    refused = client.post(address, typed(**{field: value}))

    assert refused.status_code == 422
    errors = refused.context["form"].errors
    assert [*errors] == [field]
    [error] = errors[field]
    assert error.startswith("An amendment may only end later, have a bigger budget or more products.")
    assert f"stop {live.reference}" in error
    if value:
        assert value in text_of(refused)


@pytest.mark.usefixtures("_during")
def test_what_is_not_typed_yet_is_not_called_less(client, live, olivia):
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[live.reference])).url

    refused = client.post(address, typed(ends_on="", budget="many"))

    said = " ".join(str(error) for errors in refused.context["form"].errors.values() for error in errors)
    assert "An amendment may only" not in said


@pytest.mark.usefixtures("_during")
def test_the_form_takes_what_is_more(client, live, olivia):
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[live.reference])).url

    saved = client.post(address, typed(ends_on="2026-12-03", budget="900", asins=f"{LAMP} {FLOOR_LAMP}"))

    assert saved.status_code == 303


def code_of(store, *, by, supervisor, **terms):
    """A live claim code on both lamps, with all that the kind takes but what is left out here."""
    everything = {
        "kind": "percentage_off",
        "claim_type": "group",
        "claim_code": "25LAMPSX",
        "combinability": "exclusive",
        "budget": "500.00",
        "one_per_customer": True,
        "units_per_order": 2,
        "max_redemptions": 40,
        **terms,
    }
    typed = lives.price_discount(LAMP, FLOOR_LAMP, start=1, days=7, **everything)
    return lives.live(store, typed, by=by, supervisor=supervisor)


@pytest.mark.parametrize(
    ("field", "more", "less"),
    [
        ("asins", [LAMP, FLOOR_LAMP, SET], [LAMP]),
        ("ends_at", "2026-12-05T08:00:00Z", "2026-11-29T08:00:00Z"),
        ("budget", "500.01", "499.99"),
        ("max_redemptions", 41, 39),
    ],
)
def test_more_of_what_may_grow_is_taken_and_less_is_refused(aurora, olivia, sam, field, more, less):
    live = code_of(aurora, by=olivia, supervisor=sam)

    with pytest.raises(Blocked, match="may only end later") as refusal:
        lives.amendment_of(live, {field: less, "title": "Another title"}, by=olivia, at=DURING)

    assert refusal.value.findings[0].field == field
    made = live.amendments.get()
    typed = {**drafting.typed_of(lives.again(made)), field: more}
    drafting.edit(reference=made.reference, revision=1, typed=typed, by=olivia, at=DURING)
    assert lives.submit(made, by=olivia, at=DURING).state == State.IN_REVIEW


@pytest.mark.parametrize("field", ["budget", "max_redemptions"])
def test_no_number_is_more_than_any(aurora, olivia, sam, field):
    live = code_of(aurora, by=olivia, supervisor=sam)
    made = lives.amendment_of(live, {field: None}, by=olivia, at=DURING)

    assert lives.submit(made, by=olivia, at=DURING).state == State.IN_REVIEW


@pytest.mark.parametrize(("field", "less"), [("budget", "900000.00"), ("max_redemptions", 900_000)])
def test_any_number_is_less_than_none(aurora, olivia, sam, field, less):
    live = code_of(aurora, by=olivia, supervisor=sam, **{field: None})

    with pytest.raises(Blocked, match="may only end later"):
        lives.amendment_of(live, {field: less}, by=olivia, at=DURING)


def test_a_variation_that_left_is_less(aurora, olivia, sam):
    of_family = lives.price_discount(SET, start=1, days=7)
    variations = aurora.products.filter(asin__in=[LAMP, FLOOR_LAMP])
    variations.update(parent=aurora.products.get(asin=SET))
    live = lives.live(aurora, of_family, by=olivia, supervisor=sam)
    variations.filter(asin=LAMP).update(parent=None)

    with pytest.raises(Blocked, match="may only end later") as refusal:
        lives.amendment_of(live, {"ends_at": "2026-12-05T08:00:00Z"}, by=olivia, at=DURING)

    assert [change.field for change in refusal.value.findings] == ["covered"]


@pytest.mark.usefixtures("_during")
def test_the_form_says_beside_the_products_that_a_variation_left(client, aurora, olivia, sam):
    variations = aurora.products.filter(asin__in=[LAMP, FLOOR_LAMP])
    variations.update(parent=aurora.products.get(asin=SET))
    live = lives.live(aurora, lives.coupon(SET, start=1, days=7), by=olivia, supervisor=sam)
    variations.filter(asin=LAMP).update(parent=None)
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[live.reference])).url

    refused = client.post(address, typed(asins=SET, ends_on="2026-12-03"))
    saved = client.post(address, typed(asins=f"{SET} {LAMP}", ends_on="2026-12-03"))

    assert refused.status_code == 422
    [error] = refused.context["form"].errors["asins"]
    assert error.startswith("An amendment may only end later")
    assert saved.status_code == 303


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("discount_value", "20.01"),
        ("discount_value", "19.99"),
        ("starts_at", "2026-11-24T08:00:00Z"),
        ("claim_code", "25LAMPSY"),
        ("claim_type", "single_use"),
        ("combinability", "preferential"),
        ("combinability", "unrestricted"),
        ("one_per_customer", False),
        ("units_per_order", 1),
        ("units_per_order", 3),
        ("units_per_order", None),
    ],
)
def test_what_neither_grows_nor_shrinks_is_not_amended(aurora, olivia, sam, field, other):
    live = code_of(aurora, by=olivia, supervisor=sam)

    with pytest.raises(Blocked, match="may only end later") as refusal:
        lives.amendment_of(live, {field: other}, by=olivia, at=DURING)

    assert [change.field for change in refusal.value.findings] == [field]


# --- What Amazon does not change ------------------------------------------------------------------------


def deal(kind, **more):
    """It begins on November 24, 12:00 in Los Angeles: ten hours after what the tests call now."""
    hours = 6 if kind == "lightning_deal" else 48
    starts_at = DURING + timedelta(hours=10)
    return {
        "kind": kind,
        "title": "Lamp deal",
        "asins": [LAMP],
        "discount_type": "percent",
        "discount_value": "20.00",
        "starts_at": lives._z(starts_at),
        "ends_at": lives._z(starts_at + timedelta(hours=hours)),
        "committed_units": 40,
        **more,
    }


BEGUN = DURING + timedelta(hours=11)
NEVER_OF_A_DEAL = "nothing of a deal that has begun but its quantity"
PERHAPS_NO_PRODUCTS = "and no more products. Amazon does not say."


@pytest.fixture(params=["lightning_deal", "best_deal"])
def running_deal(request, aurora, olivia, sam):
    typed = deal(request.param)
    approved = lives.submitted(aurora, typed, by=olivia)
    lives.approve(approved, by=sam)
    lives.go_live(approved, by=olivia)
    return lives.again(approved)


def later(request, *, hours):
    return {"ends_at": lives._z(request.newest.ends_at + timedelta(hours=hours))}


@pytest.mark.parametrize("what", ["end", "products"])
def test_a_deal_that_has_begun_is_amended_neither_in_its_end_nor_in_its_products(running_deal, olivia, what):
    changed = later(running_deal, hours=2) if what == "end" else WIDER

    with pytest.raises(Blocked, match=NEVER_OF_A_DEAL):
        lives.amendment_of(running_deal, changed, by=olivia, at=BEGUN)


@pytest.mark.parametrize(("early", "is_refused"), [(timedelta(seconds=1), False), (timedelta(0), True)])
def test_a_deal_has_begun_at_the_very_instant_of_its_start(running_deal, olivia, early, is_refused):
    made = lives.amendment_of(running_deal, later(running_deal, hours=2), by=olivia, at=DURING)
    at = running_deal.newest.starts_at - early

    found = amendments.unfit(made, decode(made.newest.body), at=at)

    assert ([reason.field for reason in found] == ["ends_at"]) is is_refused


def test_what_would_be_less_of_a_deal_that_has_begun_is_refused_as_less_alone(running_deal, olivia):
    with pytest.raises(Blocked, match="may only end later") as refusal:
        lives.amendment_of(running_deal, {"asins": [FLOOR_LAMP]}, by=olivia, at=BEGUN)

    assert NEVER_OF_A_DEAL not in str(refusal.value)


def test_what_is_wrong_with_several_fields_for_one_reason_is_said_once(live, olivia):
    with pytest.raises(Blocked) as refusal:
        lives.amendment_of(live, {"budget": "400.00", "discount_value": "30.00"}, by=olivia, at=DURING)

    assert str(refusal.value).count("An amendment may only end later") == 1
    assert {reason.field for reason in refusal.value.findings} == {"budget", "discount_value"}


@pytest.mark.parametrize(("early", "is_told"), [(timedelta(seconds=1), False), (timedelta(0), True)])
def test_a_coupon_runs_from_the_very_instant_of_its_start(live, olivia, early, is_told):
    made = lives.amendment_of(live, WIDER, by=olivia, at=DURING)
    at = live.newest.starts_at - early

    assert bool(amendments.advice(live, at=at)) is is_told
    assert bool(amendments.doubt(made, at=at)) is is_told


@pytest.mark.parametrize(("early", "is_locked"), [(timedelta(seconds=1), False), (timedelta(0), True)])
def test_a_coupon_is_locked_from_six_hours_before_its_start(live, early, is_locked):
    at = live.newest.starts_at - timedelta(hours=6) - early

    assert amendments.is_locked_coupon(live, policy=policies.current(), at=at) is is_locked


def test_only_a_coupon_is_locked_and_doubted(aurora, olivia, sam):
    code = code_of(aurora, by=olivia, supervisor=sam)
    made = lives.amendment_of(code, {"asins": [LAMP, FLOOR_LAMP, SET]}, by=olivia, at=DURING)

    assert not amendments.is_locked_coupon(code, policy=policies.current(), at=DURING)
    assert amendments.doubt(made, at=DURING) == ""
    assert amendments.advice(code, at=DURING) == []


def test_a_deal_that_has_begun_since_it_was_saved_is_not_submitted_longer(running_deal, olivia):
    made = lives.amendment_of(running_deal, later(running_deal, hours=2), by=olivia, at=DURING)

    with pytest.raises(Blocked, match=NEVER_OF_A_DEAL):
        lives.submit(made, by=olivia, at=BEGUN)


def test_the_page_of_the_amendment_says_so_before_anybody_submits_it(
    client, monkeypatch, running_deal, olivia
):
    made = lives.amendment_of(running_deal, later(running_deal, hours=2), by=olivia, at=DURING)
    monkeypatch.setattr("django.utils.timezone.now", lambda: BEGUN)
    client.force_login(olivia)

    page = client.get(reverse("request", args=[made.reference]))

    assert NEVER_OF_A_DEAL in page.context["why_not_submit"]


def test_its_quantity_is_amended(running_deal, olivia, sam):
    made = lives.amended(running_deal, {"committed_units": 80}, by=olivia, supervisor=sam, at=BEGUN)

    assert made.state == State.APPROVED


def test_its_quantity_is_never_less(running_deal, olivia):
    with pytest.raises(Blocked, match="may only end later"):
        lives.amendment_of(running_deal, {"committed_units": 39}, by=olivia, at=BEGUN)


def test_a_deal_that_has_begun_since_is_not_approved_longer(running_deal, olivia, sam):
    made = lives.amendment_of(running_deal, later(running_deal, hours=2), by=olivia, at=DURING)
    lives.submit(made, by=olivia, at=DURING)

    with pytest.raises(Blocked, match=NEVER_OF_A_DEAL):
        lives.approve(made, by=sam, at=BEGUN)


def test_what_was_approved_and_set_before_it_began_is_marked_live_after(running_deal, olivia, sam):
    made = lives.amended(running_deal, later(running_deal, hours=2), by=olivia, supervisor=sam, at=DURING)

    lives.go_live(made, by=olivia, at=BEGUN)

    assert lives.again(made).state == State.LIVE


def test_the_page_says_why_nobody_approves_it_by_now(client, monkeypatch, running_deal, olivia, sam):
    made = lives.amendment_of(running_deal, later(running_deal, hours=2), by=olivia, at=DURING)
    lives.submit(made, by=olivia, at=DURING)
    monkeypatch.setattr("django.utils.timezone.now", lambda: BEGUN)
    client.force_login(sam)

    page = client.get(reverse("request", args=[made.reference]))

    assert NEVER_OF_A_DEAL in page.context["dossier"].unapprovable


@pytest.mark.usefixtures("_during")
def test_form_and_page_doubt_more_products_on_a_coupon_that_runs(client, aurora, olivia, sam):
    live = lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[live.reference])).url

    opened = text_of(client.get(address))
    saved = client.post(address, typed(asins=f"{LAMP} {FLOOR_LAMP}"))
    lives.submit(live.amendments.get(), by=olivia, at=DURING)
    client.force_login(sam)

    assert PERHAPS_NO_PRODUCTS in opened
    assert PERHAPS_NO_PRODUCTS in text_of(client.get(saved.url))


@pytest.mark.usefixtures("_during")
@pytest.mark.parametrize(("start", "changed"), [(1, {"budget": "900.00"}), (5, WIDER)])
def test_nothing_is_doubted_that_nobody_doubts(client, aurora, olivia, sam, start, changed):
    """A bigger budget while it runs, and more products before it begins."""
    live = lives.live(aurora, lives.coupon(LAMP, start=start, days=7), by=olivia, supervisor=sam)
    made = lives.amendment_of(live, changed, by=olivia, at=DURING)
    client.force_login(sam)

    assert PERHAPS_NO_PRODUCTS not in text_of(client.get(reverse("request", args=[made.reference])))
