"""What stands on a product whose price, floor or family changes is checked again, and alarmed if blocked."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from promoflow.audit import replaying
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.catalog.services import products
from promoflow.outbox.models import Message
from promoflow.outbox.notices import write
from promoflow.promotions import checker, selectors
from promoflow.promotions.models import Alarm, ConflictReport, Recheck, State
from promoflow.promotions.services import alarms, drafting, rechecking, running
from tests import cast
from tests.catalog import sending
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET

pytestmark = pytest.mark.django_db

# It leaves the lamp, which costs 19.99 and may not go below 9.99, at 15.99.
COUPON = lives.coupon(LAMP, percent="20.00")


@pytest.fixture(autouse=True)
def _uploads_apart(settings, tmp_path):
    default = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "default": default}
    settings.CELERY_BROKER_URL = "memory://"


@pytest.fixture
def live(aurora, olivia, sam):
    return lives.live(aurora, COUPON, by=olivia, supervisor=sam)


def costs(price, store, asin=LAMP):
    """What raw SQL, an import's bulk UPDATE and a form's come to."""
    Product.objects.filter(store=store, asin=asin).update(price=Decimal(price))


def change(store, asin, by, **to):
    product = Product.objects.select_related("parent").get(store=store, asin=asin)
    seen = products.Facts.of(product)
    products.change(
        store=store, asin=asin, seen=seen, to=seen._replace(**to), why="As agreed.", by=by, at=NOW
    )


def tick(at=NOW):
    return rechecking.check_again(at=at)


def settle(request, by, at=NOW):
    alarms.settle(reference=request.reference, by=by, at=at, confirmed_at=at, note="It may stay.")


# --- What is alarmed, and how it is told --------------------------------------------------------------------


def test_an_import_that_lowers_the_price_under_a_live_coupon_raises_one_alarm(
    aurora, live, olivia, oscar, sam, sue, ada, mia
):
    sending.applied(aurora, sending.report(sending.line("L-1", LAMP, price="11.99")), by=olivia)

    assert tick() == 1

    alarm = Alarm.objects.get()
    assert (alarm.request, alarm.cause, alarm.raised_by) == (live, "prices", None)
    assert alarm.changes == [{"asin": LAMP, "what": "price", "before": "19.99", "after": "11.99"}]
    assert selectors.alarm_of(live) == alarm
    [finding] = [one for one in checker.stored_findings(alarm.report) if one.severity == "block"]
    assert (finding.asin, finding.price) == (LAMP, Decimal("9.59"))
    assert lives.again(live).state == State.LIVE
    entry = Entry.objects.get(event="request.alarmed_by_prices")
    assert (entry.actor, entry.subject, entry.report_hex) == (
        None,
        live.reference,
        bytes(alarm.report_digest).hex(),
    )
    assert (entry.before, entry.after[f"{LAMP} price"]) == ({f"{LAMP} price": "19.99"}, "11.99")
    assert entry.after["findings"] == [finding.key]
    owed = Message.objects.filter(notice="request_alarmed_by_prices")
    assert {message.recipient for message in owed} == {olivia, oscar, sam, sue}
    assert Recheck.objects.count() == 0


def test_a_floor_raised_by_hand_raises_an_alarm(aurora, live, mia):
    change(aurora, LAMP, mia, floor_price=Decimal("17.00"))

    assert tick() == 1

    assert Alarm.objects.get().changes == [
        {"asin": LAMP, "what": "floor", "before": "9.99", "after": "17.00"}
    ]


def test_an_approved_one_is_alarmed_too(aurora, olivia, sam):
    request = lives.approved(aurora, COUPON, by=olivia, supervisor=sam)
    costs("11.99", aurora)

    assert tick() == 1

    assert selectors.alarm_of(request).cause == "prices"
    assert lives.again(request).state == State.APPROVED


def test_a_child_that_joins_a_parent_alarms_what_runs_on_the_parent_and_on_the_child(
    aurora, olivia, sam, mia
):
    """The parent's coupon never said this child; and the child's code now meets that coupon."""
    on_parent = lives.live(aurora, lives.coupon(SET, percent="10.00"), by=olivia, supervisor=sam)
    on_child = lives.live(aurora, lives.social_code(FLOOR_LAMP, percent="10.00"), by=olivia, supervisor=sam)
    change(aurora, FLOOR_LAMP, mia, parent_asin=SET)

    assert tick() == 2

    for request in (on_parent, on_child):
        assert selectors.alarm_of(request).changes == [
            {"asin": FLOOR_LAMP, "what": "family", "before": None, "after": SET}
        ]
    assert "Amend it so that it names them and they are checked, or stop it." in page_of(
        sam, "request", on_parent.reference
    )
    assert "Stop it." in page_of(sam, "request", on_child.reference)


def test_a_child_that_is_born_into_a_family_asks_for_a_check(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(SET, percent="10.00"), by=olivia, supervisor=sam)
    parent = Product.objects.get(store=aurora, asin=SET)
    Product.objects.create(
        store=aurora, asin="B0AURORA09", title="Aurora, green", price=Decimal(20), parent=parent
    )

    assert tick() == 1
    assert selectors.alarm_of(request).changes[0]["after"] == SET


def test_a_price_that_becomes_unknown_is_told_so(aurora, live):
    Product.objects.filter(store=aurora, asin=LAMP).update(price=None)

    assert tick() == 1
    assert Alarm.objects.get().changes == [{"asin": LAMP, "what": "price", "before": "19.99", "after": None}]


def test_many_changes_are_told_in_part(aurora, olivia, sam):
    many = [
        Product(
            store=aurora, asin=f"B0AURORA{n}", title=f"Lamp {n}", price=Decimal(20), floor_price=Decimal(9)
        )
        for n in range(20, 33)
    ]
    Product.objects.bulk_create(many)
    asins = [product.asin for product in many]
    lives.live(aurora, lives.coupon(*asins, percent="20.00"), by=olivia, supervisor=sam)
    Product.objects.filter(store=aurora, asin__in=asins).update(price=Decimal(10))

    assert tick() == 1

    *told, more = Alarm.objects.get().changes
    assert (len(told), more) == (10, {"what": "more", "count": 3})


# --- What is not --------------------------------------------------------------------------------------------


def test_a_price_that_rises_is_checked_and_alarms_nobody(aurora, live):
    costs("25.00", aurora)
    assert Recheck.objects.count() == 1

    assert tick() == 0

    assert not Alarm.objects.exists()
    assert not Recheck.objects.exists()
    assert not Entry.objects.filter(event="request.alarmed_by_prices").exists()
    entry = Entry.objects.get(event="store.checked_again")
    assert (entry.actor, entry.store_id) == (None, aurora.pk)
    assert entry.after == {"requests": 1, "references": [live.reference]}


@pytest.mark.django_db(transaction=True)
def test_whatever_a_tick_finds_the_history_says_what_for(aurora, olivia, sam, live):
    other = lives.live(aurora, lives.coupon(SET, percent="20.00"), by=olivia, supervisor=sam)
    costs("25.00", aurora)
    costs("62.00", aurora, SET)
    before = replaying.unexplained()

    assert tick() == 1

    assert selectors.alarm_of(other)
    assert replaying.unexplained() == before


def test_a_check_that_the_history_cannot_tell_is_made_again(aurora, live, monkeypatch):
    costs("25.00", aurora)

    def refuse(*_, **__):
        raise Full

    with monkeypatch.context() as broken:
        broken.setattr(Entry.objects, "create", refuse)
        with pytest.raises(Full):
            tick()
    assert Recheck.objects.count() == 1

    assert tick() == 0
    assert not Recheck.objects.exists()


def test_what_changes_neither_price_nor_floor_nor_family_asks_for_nothing(aurora, live, olivia):
    line = sending.line("L-1", LAMP, price="19.99", item_name="Aurora desk lamp, now in teal", quantity="1")
    sending.applied(aurora, sending.report(line), by=olivia)
    Product.objects.filter(store=aurora).update(price=Product.objects.get(store=aurora, asin=LAMP).price)
    Recheck.objects.all().delete()
    Product.objects.filter(store=aurora).update(title="Lamp")

    assert not Recheck.objects.exists()


def test_a_product_on_which_nothing_stands_asks_for_nothing(aurora, olivia, sam, live):
    over = lives.live(aurora, lives.coupon(SET, percent="10.00"), by=olivia, supervisor=sam)
    running.stop(reference=over.reference, by=sam, at=NOW)
    lives.drafted(aurora, lives.coupon(FLOOR_LAMP), by=olivia)

    costs("1.00", aurora, SET)
    costs("1.00", aurora, FLOOR_LAMP)

    assert not Recheck.objects.exists()


def test_what_is_in_review_is_left_to_its_approval(aurora, olivia):
    lives.submitted(aurora, COUPON, by=olivia)

    costs("11.99", aurora)

    assert not Recheck.objects.exists()


def test_what_was_withdrawn_meanwhile_is_left_alone(aurora, olivia, sam):
    request = lives.approved(aurora, COUPON, by=olivia, supervisor=sam)
    costs("11.99", aurora)
    drafting.withdraw(reference=request.reference, by=olivia, at=NOW, may_run=False)

    assert tick() == 0
    assert not Recheck.objects.exists()


def test_a_tick_with_nothing_to_do_is_one_query(live, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert tick() == 0


# --- Open and settled ---------------------------------------------------------------------------------------


def test_an_open_alarm_stays_the_one(aurora, live):
    costs("11.99", aurora)
    tick()
    costs("10.99", aurora)

    assert tick() == 0
    assert (Alarm.objects.count(), Recheck.objects.count()) == (1, 0)


def test_a_settled_alarm_stays_settled_until_the_product_changes_again(aurora, live, sam, sue):
    costs("11.99", aurora)
    tick()
    settle(live, sam)
    assert tick() == 0

    costs("10.99", aurora)

    assert tick() == 1
    assert [alarm.changes[0]["before"] for alarm in Alarm.objects.order_by("pk")] == ["19.99", "11.99"]


def test_what_was_put_right_and_goes_wrong_again_is_alarmed_again(aurora, live, sam):
    """The supervisor settled it because the price was corrected."""
    costs("11.99", aurora)
    tick()
    costs("19.99", aurora)
    tick()
    settle(live, sam)

    costs("11.99", aurora)

    assert tick() == 1


def test_a_change_of_another_product_does_not_bring_back_what_was_settled(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(LAMP, SET, percent="20.00"), by=olivia, supervisor=sam)
    costs("11.99", aurora)
    tick()
    settle(request, sam)

    costs("119.00", aurora, SET)
    assert tick() == 0
    costs("62.00", aurora, SET)
    assert tick() == 1

    assert [change["asin"] for change in selectors.alarm_of(request).changes] == [SET]


def test_what_rules_alarmed_and_somebody_settled_stays_settled_too(aurora, olivia, sam, mia, sue):
    request = lives.live(aurora, lives.coupon(LAMP, SET, percent="20.00"), by=olivia, supervisor=sam)
    lives.live(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)
    settle(request, sam)

    costs("119.00", aurora, SET)

    assert tick() == 0


# --- Crashes, races and failures ----------------------------------------------------------------------------


class Full(Exception):
    """The history's disk is full."""


def test_where_the_history_cannot_be_written_nothing_has_happened_and_the_next_tick_does_it(
    aurora, live, monkeypatch, caplog
):
    costs("11.99", aurora)

    def refuse(*_, **__):
        raise Full

    with monkeypatch.context() as broken:
        broken.setattr(Entry.objects, "create", refuse)
        assert tick() == 0

    assert f"{live.reference} could not be checked again" in caplog.text
    assert (Alarm.objects.count(), Recheck.objects.count()) == (0, 1)
    assert not ConflictReport.objects.filter(computed_by=None).exists()
    assert not Message.objects.filter(notice="request_alarmed_by_prices").exists()
    assert tick() == 1


def test_one_that_cannot_be_checked_keeps_no_other_from_it(aurora, olivia, sam, live, monkeypatch):
    other = lives.live(aurora, lives.coupon(SET, percent="20.00"), by=olivia, supervisor=sam)
    costs("11.99", aurora)
    costs("62.00", aurora, SET)
    check = rechecking._check

    def dies(reference, at):
        if reference == live.reference:
            raise Full
        return check(reference, at)

    monkeypatch.setattr(rechecking, "_check", dies)

    assert tick() == 1
    assert selectors.alarm_of(other)
    assert Recheck.objects.get().request == live


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_raise_one_alarm(aurora, live):
    costs("11.99", aurora)
    together, raised = threading.Barrier(4), []

    def work():
        together.wait()
        raised.append(tick())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(raised) == 1
    assert (Alarm.objects.count(), Recheck.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_what_somebody_works_on_at_this_moment_waits_for_the_next_tick(aurora, live):
    costs("11.99", aurora)
    locked, done = threading.Event(), threading.Event()

    def work():
        with transaction.atomic():
            selectors.lock(live.reference)
            locked.set()
            done.wait()
        connection.close()

    person = threading.Thread(target=work)
    person.start()
    locked.wait()
    assert tick() == 0
    done.set()
    person.join()

    assert tick() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_after_a_tick_is_found_by_the_next(aurora, live):
    """It began before: whoever asked by a time of the day would have missed it."""
    changed, ticked = threading.Event(), threading.Event()

    def import_slowly():
        with transaction.atomic():
            costs("11.99", aurora)
            changed.set()
            ticked.wait()
        connection.close()

    importing = threading.Thread(target=import_slowly)
    importing.start()
    changed.wait()
    costs("50.00", aurora, SET)
    assert tick(timezone.now()) == 0
    ticked.set()
    importing.join()

    assert tick() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_between_leaves_it_to_the_next(aurora, live, database_url):
    """Its session ends with the check half done."""
    costs("11.99", aurora)
    halfway, killed = threading.Event(), threading.Event()

    def work():
        raise_alarm = alarms.raise_alarm

        def dies(*arguments, **named):
            raise_alarm(*arguments, **named)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        rechecking.alarms.raise_alarm = dies
        halfway.set()
        try:
            assert tick() == 0
        finally:
            rechecking.alarms.raise_alarm = raise_alarm
            connection.close()
            killed.set()

    worker = threading.Thread(target=work)
    worker.start()
    halfway.wait()
    killed.wait()
    worker.join()

    assert (Alarm.objects.count(), Recheck.objects.count()) == (0, 1)
    assert tick() == 1


# --- On pages ---------------------------------------------------------------------------------------------


def page_of(person, name, *arguments):
    client = cast.Client()
    client.force_login(person)
    return " ".join(client.get(reverse(name, args=arguments)).content.decode().split())


def test_the_banner_says_what_changed_why_it_blocks_and_what_to_do(aurora, live, olivia, sam):
    costs("11.99", aurora)
    tick()

    page = page_of(sam, "request", live.reference)

    assert "A changed price, floor or family blocks this" in page
    assert f"The price of {LAMP} fell from $19.99 to $11.99." in page
    assert "It was approved before that. The clock checked it again," in page
    assert "Nothing was stopped: stop it, or a supervisor settles the alarm" in page
    assert (
        f"Stop it, or have the price or the floor price of {LAMP} corrected if that is what is wrong." in page
    )
    assert "Settle the alarm" in page
    assert "a price, a floor or a family changed," in page_of(olivia, "desk")
    assert "makes the rules block it" in page
    settle(live, sam)
    assert "A changed price, floor or family blocks this" not in page_of(sam, "request", live.reference)


def test_the_banner_of_an_approved_one_says_that_nobody_can_mark_it_live(aurora, olivia, sam):
    request = lives.approved(aurora, COUPON, by=olivia, supervisor=sam)
    costs("11.99", aurora)
    tick()

    assert "Nobody can mark it live while the rules block it" in page_of(sam, "request", request.reference)


def test_the_mail_says_what_changed(aurora, live, sam):
    costs("11.99", aurora)
    tick()
    message = Message.objects.get(notice="request_alarmed_by_prices", recipient=sam)

    subject, body = write(message.notice, context=message.context, recipient="Sam", link="https://desk.test/")

    assert subject.startswith(f"Alarm: a changed price, floor or family blocks {live.reference}")
    assert f"The price of {LAMP} fell from $19.99 to $11.99." in body
    assert "Nothing was stopped" in body


def test_the_dossier_prints_it(aurora, live, sam, ada):
    costs("11.99", aurora)
    tick()
    settle(live, sam)

    page = page_of(ada, "request-dossier", live.reference)

    assert f"The price of {LAMP} fell from $19.99 to $11.99." in page
    assert "settled by Sam" in page
