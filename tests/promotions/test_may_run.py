"""What leaves approved without having been marked live may stand at Amazon: the desk does not forget it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.roles import SUPERVISOR
from promoflow.audit.models import Entry
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product
from promoflow.errors import Blocked, NotAllowed
from promoflow.outbox import notices
from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.promotions import checker, neighbours
from promoflow.promotions.models import Reservation, State
from promoflow.promotions.pages import what_if
from promoflow.promotions.services import drafting, running
from promoflow.promotions.wording import sentences
from promoflow.rulebook.offers import MAY_RUN
from tests import cast
from tests.answers import flat_text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DURING = lives.NOW + 2 * DAY
LONGER = {"ends_at": "2026-12-12T08:00:00Z"}


def coupon(**more):
    """Nine days on the lamp, from the tenth day on."""
    return lives.coupon(LAMP, **{"days": 9, **more})


@pytest.fixture
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)


@pytest.fixture
def approved(aurora, olivia, sam):
    return lives.approved(aurora, coupon(), by=olivia, supervisor=sam)


def withdraw(request, by, may_run=True, at=lives.NOW):
    drafting.withdraw(reference=request.reference, by=by, at=at, note="Too dear.", may_run=may_run)


def edit(request, by, at=lives.NOW, **more):
    number = lives.again(request).newest.number
    typed = coupon(**{"percent": "15.00", **more})
    drafting.edit(reference=request.reference, revision=number, typed=typed, by=by, at=at)


def codes_beside(store, by, *, at=lives.NOW, **typed):
    """What the rules find in a social code on the lamp beside what there is, by code of the finding."""
    draft = lives.drafted(store, lives.social_code(LAMP, **{"start": 13, **typed}), by=by, at=at)
    return {finding.code: finding for finding in checker.report_of(lives.again(draft), at=at).findings}


def rows(request):
    """Whether each row of it is held, and whether it may run."""
    return set(Reservation.objects.filter(request=request).values_list("held", "may_run"))


# --- The ways out ---------------------------------------------------------------------------------------


def _revoked(request, olivia, sam, aurora):
    withdraw(request, sam)
    return lives.NOW


def _edited(request, olivia, sam, aurora):
    edit(request, olivia)
    return lives.NOW


def _expired(request, olivia, sam, aurora):
    at = request.newest.starts_at + DAY
    assert running.move_due(at=at) == 1
    return at


def _lapsed(request, olivia, sam, aurora):
    cast.revoke(sam, aurora, SUPERVISOR)
    with pytest.raises(NotAllowed):
        lives.go_live(request, by=olivia)
    return lives.NOW


@pytest.mark.parametrize(
    ("leaves", "state"),
    [
        (_revoked, State.CANCELLED),
        (_edited, State.DRAFT),
        (_expired, State.CANCELLED),
        (_lapsed, State.IN_REVIEW),
    ],
    ids=lambda value: getattr(value, "__name__", "").strip("_"),
)
def test_whichever_way_it_left_approved_it_is_told_of(aurora, olivia, sam, approved, leaves, state):
    at = leaves(approved, olivia, sam, aurora)

    found = codes_beside(aurora, olivia, at=at)

    assert lives.again(approved).state == state
    assert rows(approved) == {(False, True)}
    finding = found["may-still-run"]
    assert (finding.severity, finding.asin, finding.others) == ("warn", LAMP, (approved.reference,))
    assert not {"kinds-forbidden", "cooling-off"} & found.keys()


@pytest.fixture
def amendment(aurora, olivia, sam):
    """An approved amendment, which was to let a coupon run longer."""
    live = lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)
    return lives.amended(live, LONGER, by=olivia, supervisor=sam, at=DURING)


@pytest.mark.parametrize("way", ["stopped", "over"])
def test_an_approved_amendment_that_is_dropped_may_run_to_its_later_end(aurora, olivia, sam, amendment, way):
    amended, at = amendment.amends, DURING
    if way == "stopped":
        running.stop(reference=amended.reference, by=sam, at=at)
    else:
        at = amended.newest.ends_at
        running.move_due(at=at)

    found = codes_beside(aurora, olivia, at=at)

    assert lives.again(amendment).state == State.CANCELLED
    assert rows(amendment) == {(False, True)}
    assert found["may-still-run"].others == (amendment.reference,)


def test_what_never_was_approved_is_not_asked_and_not_told_of(aurora, olivia):
    pending = lives.submitted(aurora, coupon(), by=olivia)

    withdraw(pending, olivia, may_run=None)

    assert "may-still-run" not in codes_beside(aurora, olivia)
    assert Entry.objects.get(event="request.withdrawn").after == {}


# --- What it says, and when -----------------------------------------------------------------------------


def test_it_says_what_may_run_until_when_at_which_price_and_what_to_do(aurora, olivia, sam, approved):
    withdraw(approved, sam)

    finding = codes_beside(aurora, olivia)["may-still-run"]

    zone = aurora.marketplace.time_zone
    assert sentences.sentence(finding, zone=zone) == (
        f"{approved.reference} (coupon, 20 % off) was approved for {LAMP} from Dec 2 to Dec 10 (PST), but it "
        "was withdrawn, edited or overtaken by time before anybody marked it live. If it was set up in "
        "Seller Central, it runs there until Dec 11, 00:00. These two kinds never meet (social code, "
        "coupon): together they would sell it for $9.99; its floor is $9.99."
    )
    assert sentences.way_out(finding, zone=zone) == (
        f"Look in Seller Central: if {approved.reference} is there, end it there and say so as your reason; "
        f"if it is not, say that on its page. Or leave {LAMP} out."
    )
    assert [step.kind for step in finding.steps] == ["price", "coupon", "social_code"]


def test_it_is_told_with_a_reason_and_keeps_nobody_from_approving(aurora, olivia, sam, approved):
    withdraw(approved, sam)

    code = lives.approved(aurora, lives.social_code(LAMP, start=13), by=olivia, supervisor=sam)

    assert code.state == State.APPROVED
    assert code.reasons == {f"may-still-run:{LAMP}:{approved.reference}": "The stock is meant for this."}


def test_a_report_beside_what_may_run_does_not_say_that_nothing_else_is_there(aurora, olivia, sam, approved):
    withdraw(approved, sam)

    drafted = lives.drafted(aurora, lives.social_code(LAMP, start=13), by=olivia)
    elsewhere = lives.drafted(aurora, lives.social_code(FLOOR_LAMP, start=13), by=olivia)

    assert not checker.report_of(drafted, at=lives.NOW).is_alone
    assert checker.report_of(elsewhere, at=lives.NOW).is_alone


@pytest.mark.parametrize(("start", "told"), [(18, True), (19, False)])
def test_it_is_told_of_until_its_end(aurora, olivia, sam, approved, start, told):
    withdraw(approved, sam)

    assert ("may-still-run" in codes_beside(aurora, olivia, start=start)) is told


@pytest.mark.parametrize(("early", "may_run"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_it_may_run_until_the_very_instant_of_its_end(sam, approved, early, may_run):
    withdraw(approved, sam)

    at = approved.newest.ends_at - early

    assert neighbours.may_run(lives.again(approved), at=at) is may_run


def test_it_is_told_as_it_was_approved_whatever_it_says_by_now(aurora, olivia, approved):
    edit(approved, olivia, start=40)

    found = codes_beside(aurora, olivia)

    assert found["may-still-run"].details["other_label"] == "20 %"
    assert "may-still-run" not in codes_beside(aurora, olivia, start=42)


def test_it_is_not_told_twice_where_it_was_approved_again_unchanged(aurora, olivia, sam, sue, approved):
    _lapsed(approved, olivia, sam, aurora)
    assert codes_beside(aurora, olivia).keys() >= {"may-still-run", "review-conflict"}

    lives.approve(approved, by=sue)

    found = codes_beside(aurora, olivia)
    assert found.keys() >= {"kinds-forbidden"}
    assert "may-still-run" not in found


def test_of_several_revisions_each_product_hears_of_one(aurora, olivia, sam, approved):
    edit(approved, olivia)
    lives.approve(lives.submit(approved, by=olivia), by=sam)
    edit(approved, olivia, percent="10.00")

    draft = lives.drafted(aurora, lives.social_code(LAMP, start=13), by=olivia)
    codes = [finding.code for finding in checker.report_of(lives.again(draft), at=lives.NOW).findings]

    assert codes.count("may-still-run") == 1


def test_it_does_not_stand_against_itself(aurora, olivia, approved):
    edit(approved, olivia)

    found = checker.report_of(lives.again(approved), at=lives.NOW).findings

    assert "may-still-run" not in {finding.code for finding in found}


def test_of_another_kind_by_now_it_is_told_of_what_it_was(aurora, olivia, approved):
    """At Amazon nothing changes its kind: both would stand there, and their discounts add up."""
    code = lives.social_code(LAMP, start=13)
    drafting.edit(reference=approved.reference, revision=1, typed=code, by=olivia, at=lives.NOW)

    (finding,) = [
        finding
        for finding in checker.report_of(lives.again(approved), at=lives.NOW).findings
        if finding.code == "may-still-run"
    ]

    assert (finding.others, finding.details["other_kind"]) == ((approved.reference,), "coupon")


def test_a_dropped_amendment_stands_neither_against_what_it_amends_nor_against_the_next_one(
    olivia, sam, amendment
):
    live = amendment.amends
    withdraw(amendment, sam, at=DURING)
    again = lives.amendment_of(live, {"budget": "900.00"}, by=olivia, at=DURING)

    for request in (live, again):
        found = checker.report_of(lives.again(request), at=DURING).findings
        assert "may-still-run" not in {finding.code for finding in found}


def test_where_both_may_meet_only_a_price_below_the_floor_is_told(aurora, olivia, sam):
    code = lives.approved(
        aurora,
        {**lives.coupon(SET, percent="30.00"), "kind": "percentage_off", "claim_type": "none"},
        by=olivia,
        supervisor=sam,
    )
    withdraw(code, sam)

    def found(percent):
        draft = lives.drafted(aurora, lives.price_discount(SET, percent=percent), by=olivia)
        return {one.code: one for one in checker.report_of(lives.again(draft), at=lives.NOW).findings}

    assert "may-still-run" not in found("20.00")
    finding = found("21.00")["may-still-run"]
    assert "Together they would sell it for $58.80; its floor is $60.00." in sentences.sentence(
        finding, zone=aurora.marketplace.time_zone
    )


def test_what_may_run_of_a_dropped_amendment_adds_up_with_what_it_amends(aurora, olivia, sam):
    """Nobody knows whether the one at Amazon was changed or another one was created beside it."""
    typed = {**lives.coupon(SET, percent="15.00", start=1, days=14), "kind": "percentage_off"}
    live = lives.live(aurora, {**typed, "claim_type": "none"}, by=olivia, supervisor=sam)
    longer = lives.amended(live, {"ends_at": "2026-12-20T08:00:00Z"}, by=olivia, supervisor=sam)
    withdraw(longer, sam)

    draft = lives.drafted(aurora, lives.price_discount(SET, percent="25.00", start=4), by=olivia)
    [finding] = [
        one
        for one in checker.report_of(lives.again(draft), at=lives.NOW).findings
        if one.code == "may-still-run"
    ]

    assert finding.others == (longer.reference,)
    assert [(step.reference, step.label) for step in finding.steps[1:]] == [
        (draft.reference, "25 %"),
        (live.reference, "15 %"),
        (longer.reference, "15 %"),
    ]


def test_the_calculator_tells_of_it_and_does_not_count_it(aurora, olivia, sam, approved):
    withdraw(approved, sam)
    code = lives.again(lives.drafted(aurora, lives.social_code(LAMP, start=13), by=olivia))
    tried, policy = neighbours.offer_of(code), policies.current()
    lamp = Product.objects.get(store=aurora, asin=LAMP)
    [listed] = catalog.listed([lamp])

    answer = what_if.ask(
        [replace(tried, reference="A")],
        neighbours.beside(aurora, [lamp], candidate=tried, policy=policy),
        product=listed,
        policy=policy,
        at=lives.NOW,
        zone=aurora.marketplace.time_zone,
        with_review=True,
    )

    assert [offer.state for offer in answer.may_run] == [MAY_RUN]
    [lane] = [lane for lane in answer.picture.lanes if lane.offer.state == MAY_RUN]
    assert (lane.offer.reference, lane.conflicts) == (approved.reference, ())
    assert answer.picture.prices.lowest.price == answer.lowest.worst.price
    assert (answer.others, answer.counted) == ((), ())
    assert "may-still-run" in {one.finding.code for one in answer.findings}


def test_the_same_questions_are_asked_however_much_may_run(aurora, olivia, sam, django_assert_num_queries):
    for asin in (LAMP, FLOOR_LAMP, SET):
        withdraw(lives.approved(aurora, lives.coupon(asin), by=olivia, supervisor=sam), sam)
    code = lives.again(lives.drafted(aurora, lives.social_code(LAMP, FLOOR_LAMP, SET), by=olivia))
    checker.report_of(code, at=lives.NOW)

    with django_assert_num_queries(3):
        found = checker.report_of(code, at=lives.NOW).findings

    assert [finding.code for finding in found].count("may-still-run") == 3


# --- The picture ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_now")
def test_the_picture_of_a_request_and_of_the_product_draws_it_and_keeps_nothing_away(
    client, aurora, olivia, sam, approved
):
    withdraw(approved, sam)
    code = lives.submitted(aurora, lives.social_code(LAMP, start=13), by=olivia)
    client.force_login(sam)

    for address in (
        reverse("request", args=[code.reference]),
        reverse("product", args=[aurora.pk, LAMP]),
    ):
        page = client.get(address)
        text = flat_text_of(page)
        drawn = page.context["pictured"].timeline

        assert 'class="picture-lane is-may_run"' in text
        assert "May still run" in text
        [lane] = [lane for lane in drawn.lanes if lane.offer.state == MAY_RUN]
        assert lane.page.endswith(f"/{approved.reference}/")
        assert lane.conflicts == ()
        assert drawn.conflicting == 0


@pytest.mark.usefixtures("_now")
def test_the_calculator_draws_it_in_the_same_words(client, aurora, olivia, sam, approved):
    withdraw(approved, sam)
    client.force_login(olivia)
    address = reverse("product-what-if", args=[aurora.pk, LAMP])
    tried = {"a-kind": "social_code", "a-discount_value": "30", "a-starts_on": "2026-12-05"}
    days = {"a-starts_time": "00:00", "a-ends_on": "2026-12-08", "a-ends_time": "00:00"}

    page = flat_text_of(client.get(address, tried | days))

    assert 'class="picture-lane is-may_run"' in page
    assert "May still run" in page


@pytest.mark.usefixtures("_now")
def test_the_picture_forgets_it_once_somebody_says_that_it_is_not_there(
    client, aurora, olivia, sam, approved
):
    withdraw(approved, sam, may_run=False)
    lives.submitted(aurora, lives.social_code(LAMP, start=13), by=olivia)
    client.force_login(sam)

    page = client.get(reverse("product", args=[aurora.pk, LAMP]))

    assert "is-may_run" not in flat_text_of(page)


@pytest.mark.usefixtures("_now")
def test_the_page_of_the_product_lists_it_and_does_not_say_that_nothing_touches_it(
    client, aurora, olivia, sam, approved
):
    withdraw(approved, sam)
    client.force_login(olivia)

    page = flat_text_of(client.get(reverse("product", args=[aurora.pk, LAMP])))

    assert "No promotion touches it" not in page
    assert "Left approved before anybody marked it live" in page


# --- What is said of it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("may_run", [True, False])
def test_who_withdraws_it_says_whether_it_may_run_and_the_history_keeps_it(
    aurora, olivia, sam, approved, may_run
):
    withdraw(approved, sam, may_run)

    assert Entry.objects.get(event="request.revoked").after == {"may_run": may_run}
    assert rows(approved) == {(False, may_run)}
    assert ("may-still-run" in codes_beside(aurora, olivia)) is may_run


def test_without_an_answer_an_approved_one_is_not_withdrawn(sam, approved):
    with pytest.raises(Blocked) as refused:
        withdraw(approved, sam, may_run=None)

    assert str(refused.value) == (
        f"{approved.reference} was approved, so it may be set up in Seller Central. Say whether it is, or "
        "may be, there."
    )
    assert lives.again(approved).state == State.APPROVED
    assert Entry.objects.filter(event="request.withdraw_refused").exists()


def test_what_was_edited_after_its_approval_is_still_asked_about(aurora, olivia, approved):
    edit(approved, olivia)

    with pytest.raises(Blocked):
        withdraw(approved, olivia, may_run=None)
    withdraw(approved, olivia, may_run=False)

    assert Entry.objects.get(event="request.withdrawn").after == {"may_run": False}
    assert "may-still-run" not in codes_beside(aurora, olivia)


def test_what_may_run_no_longer_is_not_asked_about(olivia, approved):
    edit(approved, olivia)

    assert neighbours.may_run(lives.again(approved), at=lives.NOW + 18 * DAY)
    assert not neighbours.may_run(lives.again(approved), at=lives.NOW + 19 * DAY)


def test_marking_it_live_says_where_it_is(aurora, olivia, sam, approved):
    edit(approved, olivia, start=30)
    lives.approve(lives.submit(approved, by=olivia), by=sam)
    assert "may-still-run" in codes_beside(aurora, olivia)

    lives.go_live(approved, by=olivia)
    cast.committed()

    assert rows(approved) == {(False, False), (True, False)}
    assert "may-still-run" not in codes_beside(aurora, olivia)


# --- Pages and mails ------------------------------------------------------------------------------------

ASKED = "Is it set up in Seller Central?"
THERE = "It is there, or may be: I don't know"
NOT_THERE = "It was never set up there, or I have deleted it before it began"


@pytest.fixture
def as_olivia(client, olivia, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(olivia)
    return client


def test_the_page_asks_and_neither_answer_is_chosen(as_olivia, approved):
    page = as_olivia.get(reverse("request-withdraw", args=[approved.reference]))

    text = flat_text_of(page)
    assert [said in text for said in (ASKED, THERE, NOT_THERE)] == [True] * 3
    assert "end it in Seller Central now" in text
    assert 'type="radio"' in page.content.decode()
    assert "checked" not in page.content.decode()


def test_without_an_answer_the_page_says_so_beside_the_field_and_keeps_what_was_typed(as_olivia, approved):
    address = reverse("request-withdraw", args=[approved.reference])

    page = as_olivia.post(address, {"note": "Too dear."})

    assert page.status_code == 422
    assert 'id="id_set_up_error"' in page.content.decode()
    assert "Say whether it is set up in Seller Central." in flat_text_of(page)
    assert "Too dear." in page.content.decode()
    assert lives.again(approved).state == State.APPROVED


@pytest.mark.parametrize(("answer", "may_run"), [("no", False), ("maybe", True)])
def test_the_page_withdraws_with_either_answer(as_olivia, approved, answer, may_run):
    address = reverse("request-withdraw", args=[approved.reference])

    assert as_olivia.post(address, {"set_up": answer, "note": ""}).status_code == 303

    assert lives.again(approved).state == State.CANCELLED
    assert Entry.objects.get(event="request.revoked").after == {"may_run": may_run}
    page = flat_text_of(as_olivia.get(reverse("request", args=[approved.reference])))
    assert ("may stand in Seller Central: end it there" in page) is may_run
    assert ("Nothing more happens to it" in page) is not may_run


def test_of_what_was_never_approved_the_page_does_not_ask(as_olivia, aurora, olivia):
    pending = lives.submitted(aurora, by=olivia)

    page = as_olivia.get(reverse("request-withdraw", args=[pending.reference]))

    assert ASKED not in flat_text_of(page)


def test_who_may_not_withdraw_is_refused_in_the_history_also_without_an_answer(client, ada, approved):
    client.force_login(ada)

    assert client.post(reverse("request-withdraw", args=[approved.reference])).status_code == 403
    assert Entry.objects.filter(event="request.withdraw_refused").exists()


def mail(person):
    message = Message.objects.get(notice="request_withdrawn", recipient=person)
    return notices.write(message.notice, context=message.context, recipient=person.name, link="")[1]


@pytest.mark.parametrize(
    ("may_run", "says"),
    [
        (
            False,
            "Sam says that it is not in Seller Central: it was never set up there, or was deleted before it "
            "began.",
        ),
        (
            True,
            "It is in Seller Central, or may be: end it there now. Other requests on its products are warned "
            "of it until its end.",
        ),
    ],
)
def test_the_mail_tells_what_was_said(olivia, sam, approved, may_run, says):
    withdraw(approved, sam, may_run)

    assert says in mail(olivia)
    assert ("It will not run" in mail(olivia)) is not may_run


def test_who_edits_it_is_told_to_delete_it_in_seller_central(as_olivia, approved):
    sentence = "If it is set up in Seller Central already, delete it there until it is approved again."
    address = reverse("request-edit", args=[approved.reference])

    before = flat_text_of(as_olivia.get(address))
    typed = {
        **{"title": "Save on lamps", "asins": LAMP, "discount_type": "percent", "discount_value": "15"},
        **{"starts_on": "2026-12-02", "ends_on": "2026-12-10", "budget": "500", "one_per_customer": "on"},
    }
    sent = {"reference": approved.reference, "revision": 1} | typed
    after = flat_text_of(as_olivia.post(address, sent, follow=True))

    assert lives.again(approved).state == State.DRAFT
    assert [sentence in page for page in (before, after)] == [True, True]
