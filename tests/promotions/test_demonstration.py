"""The demonstration: a store with a past, both incidents of F003, loaded once by the desk's own services."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client, TransactionTestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.selectors import grants_of
from promoflow.audit import replaying
from promoflow.audit import services as audit
from promoflow.audit.models import PEOPLES, Entry
from promoflow.catalog.models import Import, Product, Store
from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.promotions import checker, quorum, selectors, waiting
from promoflow.promotions.management.demonstration import (
    incidents,
    loading,
    people,
    present,
    products,
)
from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.models import Cause, PromotionRequest, State
from promoflow.promotions.services import drafting
from tests.audit.labelled import without_label

HOUR = timedelta(hours=1)


def load():
    said = StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """What a first load says; made once for all tests that only look, as the application's role."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.DEMO", True)
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE promoflow_app")
        yield load()
        # The next test finds a new database.
        TransactionTestCase._fixture_teardown(None)


@pytest.fixture
def store(loaded, db):
    return Store.objects.get(name=loading.NAME)


@pytest.fixture
def clock(store):
    return Clock(Entry.objects.get(event="store.added").at + loading.BEFORE)


@pytest.fixture
def shown(store, clock):
    """The requests by what they are there to show."""
    return loading.by_purpose(store, clock)


def history():
    return list(Entry.objects.filter(PEOPLES).order_by("pk").values_list("pk", "event", "at"))


def test_who_can_sign_in_is_said(loaded, store):
    roles = [line.split()[0] for line in loaded.splitlines()[1:-1]]

    assert loaded.startswith("Sign in as:\n")
    assert "/mailbox/codes/" in loaded.splitlines()[-1]
    assert Counter(roles) == {"Operator": 2, "Supervisor": 2, "Auditor": 1, "Manager": 1}


@pytest.mark.parametrize("part", people.CAST, ids=lambda part: part.key)
def test_everybody_signs_in_with_the_password_that_is_said(loaded, store, part):
    line = next(line for line in loaded.splitlines() if part.email in line)
    login = Client().post(
        reverse("account_login"), {"login": part.email, "password": line.split()[2]}, follow=False
    )

    assert login.status_code == 302
    assert store.pk in {store for store, role in grants_of(people.find(part)) if role == part.role}


def test_nobody_can_sign_in_as_the_one_who_set_it_up(store):
    assert not User.objects.get(email=people.SETS_UP).has_usable_password()


def test_it_leaves_nothing_that_nobody_says_why(store):
    assert [str(deed) for deed in replaying.unexplained()] == []


def test_a_second_load_changes_nothing_and_says_so(store):
    before, messages = history(), Message.objects.count()

    said = load()

    assert said.startswith("Aurora Home US is loaded already; nothing was changed.\nSign in as:\n")
    assert history() == before
    assert Message.objects.count() == messages
    assert PromotionRequest.objects.count() == len(loading.lives(Clock(timezone.now())))


def test_a_load_leaves_alone_what_people_did_since(store, shown):
    mei = people.find(people.CAST[0])
    draft = shown["draft, nothing against it"]
    drafting.withdraw(reference=draft.reference, by=mei, at=timezone.now())

    load()

    assert PromotionRequest.objects.get(pk=draft.pk).state == State.CANCELLED


def test_every_state_is_there(store):
    staged = selectors.with_stage(store.requests.all(), timezone.now())

    assert set(staged.values_list("stage", flat=True)) == {*State.values, "scheduled", "cooling"}


def test_every_request_is_in_the_state_that_its_story_says(store, shown):
    staged = selectors.with_stage(store.requests.all(), timezone.now()).in_bulk()

    told = {what: staged[request.pk].stage for what, request in shown.items()}

    for what, stage in told.items():
        if not what.startswith("incident"):
            words = what.replace("in review", "in_review").replace("approved, scheduled", "scheduled")
            assert words.replace("approved twice, scheduled", "scheduled").split(",")[0] == stage, what
    assert len(told) == store.requests.count()


def test_the_code_on_the_wrong_product_is_refused(shown, clock):
    report = checker.report_of(shown[incidents.WRONG_PRODUCT], at=timezone.now())

    (block,) = report.blocks
    coupon = shown[incidents.COUPON_ON_THE_OTHER]
    assert (block.code, block.asin, block.others) == (
        "kinds-forbidden",
        products.SPEAKER_3,
        (coupon.reference,),
    )
    assert (block.price, block.floor) == (Decimal("0.00"), Decimal("32.00"))
    assert block.earliest_safe_start == coupon.newest.ends_at == clock.day(8)
    assert report.warnings == ()
    assert "Gen 2" in shown[incidents.WRONG_PRODUCT].newest.title
    assert "Gen 3" in Product.objects.get(asin=block.asin).title


def test_the_coupon_four_hours_too_early_is_refused(shown, clock):
    """It starts two hours after the code ends, and Amazon may start it six hours before its midnight."""
    report = checker.report_of(shown[incidents.TOO_EARLY], at=timezone.now())

    (block,) = report.blocks
    code = shown[incidents.CODE_BEFORE]
    assert (block.code, block.asin, block.others) == ("cooling-off", products.VACUUM, (code.reference,))
    assert (block.price, block.floor) == (Decimal("0.00"), Decimal("179.00"))
    assert report.candidate.window.starts_at + 4 * HOUR == code.newest.ends_at + 6 * HOUR
    assert block.earliest_safe_start == clock.day(6)
    assert report.warnings == ()


def test_a_draft_may_break_the_floor_and_the_desk_says_how_deep_it_may_go(shown):
    report = checker.report_of(shown["draft, too deep beside what runs"], at=timezone.now())

    (block,) = report.blocks
    assert block.code == "below-floor"
    assert block.greatest_discount is not None


def test_the_other_drafts_and_those_in_review_meet_no_block(shown):
    refused = (incidents.WRONG_PRODUCT, incidents.TOO_EARLY, "draft, too deep beside what runs")

    for what, request in shown.items():
        if request.state in (State.DRAFT, State.IN_REVIEW) and what not in refused:
            assert checker.report_of(request, at=timezone.now()).blocks == (), what


def test_some_things_are_settled_by_several_people(shown):
    half = shown["in review, one of two approvals given"]
    whole = shown["live, verified, approved by two with warnings"]
    amendment = shown["in review, an amendment of what runs"]

    assert (quorum.needed(half), len(quorum.approvals(half))) == (2, 1)
    assert {approval.decided_by.name.split()[0] for approval in quorum.approvals(whole)} == {"Sam", "Wei"}
    assert all(approval.acknowledged for approval in quorum.approvals(whole))
    assert [comment.said_by.name.split()[0] for comment in whole.comments.order_by("pk")] == ["Sam", "Hao"]
    assert amendment.amends == shown[present.SHEETS_COUPON]
    assert amendment.newest.ends_at > amendment.amends.newest.ends_at


def test_one_look_is_overdue_and_one_is_not(shown):
    policy = policies.current()

    overdue = set(waiting.overdue_to_verify(timezone.now(), policy))

    assert overdue == {shown["live, overdue for verification"]}
    assert Message.objects.filter(notice="request_not_verified").exists()


def test_one_approved_request_is_alarmed_since_a_floor_was_raised(shown):
    below = shown["scheduled, below a floor that was raised since"]
    alarm = selectors.alarm_of(below)

    assert below.state == State.APPROVED
    assert alarm.cause == Cause.PRICES
    assert [finding.code for finding in checker.report_of(below, at=timezone.now()).blocks] == ["below-floor"]
    assert [one for one in shown.values() if selectors.alarm_of(one)] == [below]


def test_the_files_came_in_by_the_import(store):
    statuses = store.imports.order_by("pk").values_list("kind", "status", "lines_refused")

    assert list(statuses) == [
        ("listings", Import.Status.APPLIED, 2),
        ("floors", Import.Status.APPLIED, 0),
        ("listings", Import.Status.APPLIED, 0),
        ("listings", Import.Status.READY, 0),
    ]
    assert store.products.count() == len(products.PRODUCTS) == 40
    assert store.products.filter(parent__isnull=False).count() == 9
    parents = {products.LAMPS, products.DUVETS, products.SHEETS}
    without_floor = store.products.filter(floor_price__isnull=True)
    assert set(store.products.filter(price__isnull=True).values_list("asin", flat=True)) == parents
    assert set(without_floor.values_list("asin", flat=True)) == {*parents, "B0DAUPF002"}


def test_the_history_is_told_in_order_and_holds(store):
    told = [at for _pk, _event, at in history()]

    assert told == sorted(told)
    assert audit.verify().trouble == ""


def test_the_mailbox_is_not_flooded(store):
    assert 20 < Message.objects.count() < 140
    assert not Message.objects.filter(due__gt=timezone.now()).exists()


def test_every_name_of_a_value_in_its_history_is_in_words(loaded):
    assert without_label() == set()
