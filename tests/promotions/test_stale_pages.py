"""A page whose report is no longer true decides nothing, says what has changed, and may be sent again."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.catalog.services import products
from promoflow.catalog.services.products import Facts
from promoflow.outbox.models import Message
from promoflow.promotions.models import ConflictReport, Decision, Reservation, State
from promoflow.promotions.pages import sealing
from promoflow.promotions.services import drafting, running
from tests.journeys.visitor import Visitor
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def request_(aurora, olivia):
    return lives.submitted(aurora, lives.coupon(LAMP), by=olivia)


@pytest.fixture
def supervisor(sam):
    return Visitor(sam, htmx=False)


def address(name, request):
    return reverse(f"request-{name}" if name else "request", args=[request.reference])


def opened(visitor, request):
    visitor.open(address("", request))
    return visitor


def approve(visitor, request, **typed):
    return visitor.send(address("approve", request), **typed)


def set_product(store, asin=LAMP, *, by, **to):
    seen = Facts.of(Product.objects.get(store=store, asin=asin))
    products.change(
        store=store,
        asin=asin,
        seen=seen,
        to=seen._replace(**to),
        why="New supplier",
        by=by,
        at=timezone.now(),
    )


def refusal_of(page):
    """What the refusal says, without the report below it."""
    return page.words.partition("This changed while you were reading")[2].partition("Nothing was changed.")[0]


def rows():
    """How many rows of everything that a decision writes."""
    return [model.objects.count() for model in (Decision, ConflictReport, Reservation, Message)]


# --- Each kind of change is named -----------------------------------------------------------------------


def _price(aurora, mia, **_people):
    set_product(aurora, by=mia, price=Decimal("30.00"))
    return [r"warm white\): price \$19\.99 → \$30\.00; worst price \$15\.99 → \$24\.00"]


def _price_taken_away(aurora, mia, **_people):
    set_product(aurora, by=mia, price=None)
    return [r"price \$19\.99 → none; worst price \$15\.99 → none", r"New, and it blocks: .*has no price"]


def _floor(aurora, mia, **_people):
    set_product(aurora, by=mia, floor_price=Decimal("12.00"))
    return [r"warm white\): floor price \$9\.99 → \$12\.00 "]


def _floor_above(aurora, mia, **_people):
    set_product(aurora, by=mia, floor_price=Decimal("17.00"))
    return [r"floor price \$9\.99 → \$17\.00", r"New, and it blocks: By itself it would sell B0AURORA01"]


def _another_approved(aurora, oscar, sue, **_people):
    other = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)
    return [
        rf"New beside it: {other.reference} \(Price Discount, 10 % off\), Dec 2 to Dec 4 \(PST\)\."
        r" State: Approved\.",
        r"worst price \$15\.99 → \$13\.99",
        rf"New warning: {other.reference} \(Price Discount, 10 % off\) runs on B0AURORA01",
    ]


def _another_submitted(aurora, oscar, **_people):
    other = lives.submitted(aurora, lives.coupon(LAMP, percent="10.00"), by=oscar)
    return [
        rf"New beside it: {other.reference} \(coupon, 10 % off\), Dec 2 to Dec 4 \(PST\)\."
        r" State: In review\.",
        rf"New warning: {other.reference} .* is also in review",
    ]


@pytest.mark.parametrize(
    "happens",
    [_price, _price_taken_away, _floor, _floor_above, _another_approved, _another_submitted],
    ids=lambda happens: happens.__name__.strip("_"),
)
def test_what_changed_meanwhile_is_named_and_nothing_is_written_but_the_refusal(
    happens, request_, supervisor, aurora, mia, olivia, oscar, sue
):
    opened(supervisor, request_)
    said = happens(aurora=aurora, mia=mia, olivia=olivia, oscar=oscar, sue=sue)
    before = rows()

    page = approve(supervisor, request_)

    assert supervisor.status == 409
    assert "What changed" in refusal_of(page)
    for sentence in said:
        assert re.search(sentence, refusal_of(page))
    assert rows() == before
    assert lives.again(request_).state == State.IN_REVIEW
    entry = Entry.objects.get(outcome="refused")
    assert (entry.event, entry.actor_name) == ("request.approve_refused", "Sam")


@pytest.fixture
def neighbour(aurora, oscar, sue):
    """An approved Price Discount on the same product."""
    return lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)


def _withdrawn(neighbour, oscar, **_people):
    drafting.withdraw(reference=neighbour.reference, by=oscar, at=timezone.now(), may_run=False)
    return [
        rf"No longer beside it: {neighbour.reference} \(Price Discount, 10 % off\), Dec 2 to Dec 4 \(PST\)\.",
        r"worst price \$13\.99 → \$15\.99",
        rf"No longer found: {neighbour.reference} \(Price Discount, 10 % off\) runs on",
    ]


def _marked_live(neighbour, oscar, **_people):
    lives.go_live(neighbour, by=oscar)
    return [rf"{neighbour.reference} has changed\. State: Approved → Live"]


def _stopped(neighbour, oscar, **_people):
    lives.go_live(neighbour, by=oscar)
    running.stop(reference=neighbour.reference, by=oscar, at=timezone.now(), note="Wrong lamp.")
    return [rf"No longer beside it: {neighbour.reference}"]


def _decided_anew(neighbour, oscar, sue, **_people):
    drafting.edit(
        reference=neighbour.reference,
        revision=1,
        typed=lives.price_discount(LAMP, percent="15.00", days=5),
        by=oscar,
        at=timezone.now(),
    )
    lives.submit(neighbour, by=oscar)
    lives.approve(neighbour, by=sue)
    return [
        rf"{neighbour.reference} has changed\. Discount: 10 % off → 15 % off;"
        r" End: Sat 5 Dec 2026, 00:00 PST → Mon 7 Dec 2026, 00:00 PST",
        rf"This warning now says: {neighbour.reference} \(Price Discount, 15 % off\)",
    ]


@pytest.mark.parametrize(
    "happens",
    [_withdrawn, _marked_live, _stopped, _decided_anew],
    ids=lambda happens: happens.__name__.strip("_"),
)
def test_what_became_of_a_promotion_beside_it_is_named(
    happens, neighbour, request_, supervisor, olivia, oscar, sue
):
    opened(supervisor, request_)
    said = happens(neighbour=neighbour, oscar=oscar, sue=sue)
    before = Decision.objects.filter(request=request_).count()

    page = approve(supervisor, request_)

    assert supervisor.status == 409
    for sentence in said:
        assert re.search(sentence, refusal_of(page))
    assert Decision.objects.filter(request=request_).count() == before


def test_content_and_report_that_changed_are_both_named(request_, supervisor, olivia):
    opened(supervisor, request_)
    drafting.edit(
        reference=request_.reference,
        revision=1,
        typed=lives.coupon(LAMP, percent="45.00"),
        by=olivia,
        at=timezone.now(),
    )
    lives.submit(request_, by=olivia)

    said = refusal_of(approve(supervisor, request_))

    assert "Olivia has changed" in said
    assert "Discount: 20 % off → 45 % off" in said
    assert "worst price $15.99 → $10.99" in said


# --- Ready to be decided on again -----------------------------------------------------------------------


def test_the_second_press_approves_what_the_refused_page_shows(request_, supervisor, aurora, mia, sam):
    opened(supervisor, request_)
    set_product(aurora, by=mia, price=Decimal("30.00"))
    refused = approve(supervisor, request_, note="Fine for one weekend.")
    assert supervisor.status == 409
    assert refused.form(address("approve", request_)).fields["note"] == ["Fine for one weekend."]
    now = lives.as_shown(request_)["report"]

    approve(supervisor, request_)

    decision = Decision.objects.get(request=request_)
    assert (decision.decided_by, decision.note) == (sam, "Fine for one weekend.")
    assert bytes(decision.report_digest).hex() == now


def test_a_tick_stays_where_its_warning_says_what_it_said(
    neighbour, supervisor, aurora, olivia, oscar, sue, mia
):
    lives.approved(aurora, lives.price_discount(FLOOR_LAMP, percent="10.00"), by=oscar, supervisor=sue)
    request = lives.submitted(aurora, lives.coupon(LAMP, FLOOR_LAMP), by=olivia)
    of_the_lamp, of_the_floor_lamp = lives.as_shown(request)["acknowledged"]
    opened(supervisor, request)
    set_product(aurora, by=mia, price=Decimal("30.00"))

    page = approve(supervisor, request, acknowledged=[of_the_lamp, of_the_floor_lamp])

    assert supervisor.status == 409
    assert page.form(address("approve", request)).fields["acknowledged"] == [of_the_floor_lamp]


def test_ticks_do_not_stay_where_nobody_can_tell_what_was_read(neighbour, request_, supervisor, aurora, mia):
    opened(supervisor, request_)
    set_product(aurora, FLOOR_LAMP, by=mia, price=Decimal("60.00"))
    set_product(aurora, by=mia, floor_price=Decimal("10.00"))

    page = approve(supervisor, request_, acknowledged=lives.as_shown(request_)["acknowledged"], sealed="")

    assert supervisor.status == 409
    assert "acknowledged" not in page.form(address("approve", request_)).fields


def test_ticks_stay_where_only_the_note_is_refused(neighbour, request_, supervisor):
    opened(supervisor, request_)
    keys = lives.as_shown(request_)["acknowledged"]

    page = approve(supervisor, request_, acknowledged=keys, note="x" * 2001, sealed="")

    assert supervisor.status == 422
    assert page.form(address("approve", request_)).fields["acknowledged"] == keys


# --- The seal is worth words alone ----------------------------------------------------------------------


@pytest.mark.parametrize("sealed", ["", "x:y:z", ".eJw:1vO:forged", "\0"], ids=["missing", "a", "b", "nul"])
def test_without_its_seal_the_refusal_shows_what_is_found_now(sealed, request_, supervisor, aurora, mia):
    opened(supervisor, request_)
    set_product(aurora, by=mia, floor_price=Decimal("17.00"))

    page = approve(supervisor, request_, sealed=sealed)

    assert supervisor.status == 409
    assert "What changed" not in refusal_of(page)
    assert "What the rules find now By itself it would sell B0AURORA01" in refusal_of(page)


def test_the_seal_of_another_request_is_not_believed(request_, supervisor, aurora, mia, olivia):
    other = lives.submitted(aurora, lives.coupon(FLOOR_LAMP), by=olivia)
    foreign = opened(supervisor, other).page.form(address("approve", other)).fields
    opened(supervisor, request_)
    set_product(aurora, by=mia, floor_price=Decimal("17.00"))

    for sent in ({"sealed": foreign["sealed"][0]}, {name: foreign[name][0] for name in ("sealed", "report")}):
        page = approve(supervisor, request_, **sent)

        assert supervisor.status == 409
        assert FLOOR_LAMP not in refusal_of(page)
        assert "What changed" not in refusal_of(page)
        opened(supervisor, request_)
    assert lives.again(request_).state == State.IN_REVIEW


@pytest.mark.parametrize("sealed", ["", "x:y:z"])
def test_no_seal_is_needed_to_approve_what_is_still_true(sealed, request_, supervisor):
    opened(supervisor, request_)

    approve(supervisor, request_, sealed=sealed)

    assert lives.again(request_).state == State.APPROVED


def test_a_true_seal_opens_nothing_to_an_old_digest(request_, supervisor, aurora, mia):
    opened(supervisor, request_)
    old = supervisor.page.form(address("approve", request_)).fields["report"][0]
    set_product(aurora, by=mia, price=Decimal("30.00"))
    new = opened(supervisor, request_).page.form(address("approve", request_)).fields["sealed"][0]

    approve(supervisor, request_, report=old, sealed=new)

    assert supervisor.status == 409
    assert lives.again(request_).state == State.IN_REVIEW


def test_a_report_too_long_for_the_page_is_told_without_its_changes(
    request_, supervisor, aurora, mia, monkeypatch
):
    monkeypatch.setattr(sealing, "LONGEST", 100)
    opened(supervisor, request_)
    assert supervisor.page.form(address("approve", request_)).fields["sealed"] == [""]
    set_product(aurora, by=mia, floor_price=Decimal("17.00"))

    page = approve(supervisor, request_)

    assert supervisor.status == 409
    assert "By itself it would sell B0AURORA01" in refusal_of(page)


def test_only_who_decides_carries_the_report_away(client, request_, ada):
    client.force_login(ada)

    assert 'name="sealed"' not in client.get(address("", request_)).content.decode()


# --- Submitting -----------------------------------------------------------------------------------------


@pytest.fixture
def operator(olivia):
    return Visitor(olivia, htmx=False)


@pytest.fixture
def doubtful(neighbour, aurora, olivia):
    """A draft with one warning, for which a reason is typed."""
    return lives.drafted(aurora, lives.coupon(LAMP), by=olivia)


def reasons_on(page, request):
    fields = page.form(address("submit", request)).fields
    return {name: values[0] for name, values in fields.items() if name.startswith("reason:")}


@pytest.mark.parametrize("where", ["", "submit"], ids=["request page", "submit page"])
def test_a_submit_on_an_old_report_names_what_changed_and_keeps_the_reasons(
    where, operator, doubtful, aurora, mia
):
    operator.open(address(where, doubtful))
    (reason,) = reasons_on(operator.page, doubtful)
    set_product(aurora, by=mia, price=Decimal("30.00"))

    page = operator.send(address("submit", doubtful), **{reason: "Agreed with the brand."})

    assert operator.status == 409
    assert "has changed since you opened the page" in page.words
    assert "price $19.99 → $30.00; worst price $13.99 → $21.00" in page.words
    assert reasons_on(page, doubtful) == {reason: "Agreed with the brand."}
    assert lives.again(doubtful).state == State.DRAFT

    operator.send(address("submit", doubtful))

    assert lives.again(doubtful).state == State.IN_REVIEW
    assert list(lives.again(doubtful).reasons.values()) == ["Agreed with the brand."]


def test_a_warning_that_nobody_saw_is_told_before_its_reason_is_asked_for(
    operator, aurora, olivia, oscar, sue
):
    draft = lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    operator.open(address("submit", draft))
    other = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)

    page = operator.send(address("submit", draft))

    assert operator.status == 409
    assert f"New beside it: {other.reference}" in page.words
    assert "Give your reason" in page.words
    assert Entry.objects.get(outcome="refused").event == "request.submit_refused"


def test_a_title_that_somebody_else_changed_is_told_before_a_reason_is_asked_for(operator, doubtful, oscar):
    operator.open(address("submit", doubtful))
    drafting.edit(
        reference=doubtful.reference,
        revision=1,
        typed=lives.coupon(LAMP, title="Save more on lamps"),
        by=oscar,
        at=timezone.now(),
    )

    page = operator.send(address("submit", doubtful))

    assert operator.status == 409
    assert "Title: Save on lamps → Save more on lamps" in page.words


def test_a_submit_without_its_seal_shows_the_new_report_all_the_same(operator, doubtful, aurora, mia):
    operator.open(address("submit", doubtful))
    (reason,) = reasons_on(operator.page, doubtful)
    set_product(aurora, by=mia, price=Decimal("30.00"))

    page = operator.send(address("submit", doubtful), **{reason: "Agreed."}, sealed="forged")

    assert operator.status == 409
    assert "→" not in page.words
    assert "$21.00" in page.words
