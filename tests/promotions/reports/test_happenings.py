"""Overrides, grants over time and office hours: each figure against a history made by hand."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.roles import AUDITOR, OPERATOR, SUPERVISOR
from accounts.services import grants, people
from promoflow.audit import services as audit
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.catalog.services import stores
from promoflow.errors import Blocked, NotAllowed
from promoflow.promotions.models import State
from promoflow.promotions.office import Office, hours_of
from promoflow.promotions.reports import files
from promoflow.promotions.services import alarms, delegating, office, running
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW, SET
from tests.promotions.reporting import flags, table, values

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


# --- Overrides and late second looks --------------------------------------------------------------------


def overrides(store, *names, **asked):
    return values(table("overrides", store, **asked), *(names or ("kind", "subject", "who", "details")))


def test_an_approval_with_warnings_shows_the_reasons_of_author_and_approver(aurora, olivia, sam):
    beside = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    doubtful = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    lives.approve(doubtful, by=sam, note="Clearance.")

    assert overrides(aurora, kind="acknowledged") == [
        (
            "Approved with warnings acknowledged",
            doubtful.reference,
            "Sam",
            f"Two kinds that add up ({LAMP}, {beside.reference}): The stock is meant for this.; Clearance.",
        )
    ]


def test_the_code_of_a_warning_is_for_machines_and_stays_out_of_the_page(aurora, olivia, sam):
    beside = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    lives.approve(lives.submitted(aurora, lives.coupon(LAMP), by=olivia), by=sam)

    found = table("overrides", aurora, kind="acknowledged", order="codes")

    assert values(found, "codes") == [(f"kinds-doubtful:{LAMP}:{beside.reference}",)]
    assert files.header(found)[-1] == "Codes"
    assert next(files.rows(found))[-1] == f"kinds-doubtful:{LAMP}:{beside.reference}"
    assert "codes" not in [column.key for column in found.shown]
    assert found.order == "-at"


def test_what_takes_an_asin_typed_anew_and_what_is_decided_in_ones_place_is_listed(aurora, olivia, sam, sue):
    delegating.name(store=aurora, delegate=sue, starts_at=NOW, ends_at=NOW + 24 * HOUR, by=sam, at=NOW - HOUR)
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sue, retyped=SET)

    assert overrides(aurora, "kind", "who", "details", kind="retyped") == [
        ("So much at stake that an ASIN was typed anew", "Sue", SET)
    ]
    assert overrides(aurora, "kind", "who", "details", kind="delegated") == [
        ("Decided in somebody's place", "Sue", "in place of Sam")
    ]


def test_a_settled_alarm_a_lapsed_approval_and_a_stop_are_listed_with_why(aurora, mia, olivia, sam, sue):
    alarmed = lives.live(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)
    alarms.settle(reference=alarmed.reference, by=sue, at=NOW, confirmed_at=NOW, note="It ends tomorrow.")
    lapsing = lives.approved(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    cast.committed()
    cast.revoke(sam, aurora, SUPERVISOR)
    with pytest.raises(NotAllowed):
        lives.go_live(lapsing, by=olivia)
    running.stop(reference=alarmed.reference, by=sue, at=NOW, note="Wrong price.")

    assert overrides(aurora, kind="settled") == [
        ("Alarm settled", alarmed.reference, "Sue", "It ends tomorrow.")
    ]
    [(kind, reference, who, why)] = overrides(aurora, kind="lapsed")
    assert (kind, reference, who) == ("Approval lapsed", lapsing.reference, "Olivia")
    assert why == "Sam: Whoever approved it may no longer decide for this store."
    assert overrides(aurora, kind="stopped") == [
        ("Promotion stopped", alarmed.reference, "Sue", "Wrong price.")
    ]


@pytest.mark.parametrize(("minutes", "late"), [(59, None), (60, None), (61, 60.0), (60 + 180, 10_800.0)])
def test_a_second_look_is_late_from_its_minute_on(aurora, olivia, sam, sue, minutes, late):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    at = NOW + timedelta(minutes=minutes)
    shown = lives.shown_as_approved(request)
    lives.verify(request, by=sue, at=at, shown=shown)

    found = table("overrides", aurora)

    assert values(found, "kind", "who", "late") == ([("Second look late", "Sue", late)] if late else [])
    if late == 10_800:
        assert flags(found) == [("The second look came 3 hours late",)]


def test_a_second_look_that_nobody_took_is_missing_and_grows_later(aurora, olivia, sam):
    request = lives.live(aurora, by=olivia, supervisor=sam)

    assert overrides(aurora, at=NOW + HOUR) == []
    found = table("overrides", aurora, at=NOW + 3 * HOUR)
    assert values(found, "kind", "subject", "who", "late") == [
        ("Second look missing", request.reference, "Olivia", 7200.0)
    ]
    assert flags(found) == [("Nobody took the second look; it was due 2 hours before",)]


@pytest.mark.parametrize(("minutes", "late"), [(30, None), (90, 1800.0)])
def test_what_was_stopped_needed_its_second_look_until_then(aurora, olivia, sam, minutes, late):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=NOW + timedelta(minutes=minutes))

    found = [row for row in overrides(aurora, "kind", "late") if row[0] != "Promotion stopped"]

    assert found == ([("Second look missing", late)] if late else [])


def test_a_version_that_asks_for_the_second_look_sooner_counts_for_what_went_live_under_it(
    aurora, mia, olivia, sam, sue
):
    before = lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    drafts.published({"going_live.verify_within_minutes.value": 20}, manager=mia, publisher=sue)
    after = lives.live(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    at = NOW + timedelta(minutes=40)

    assert overrides(aurora, "subject", "late", at=at) == [(after.reference, 1200.0)]
    assert (before.reference, 1200.0) in overrides(aurora, "subject", "late", at=at + 2 * 20 * HOUR / 60)


def test_what_the_second_look_saw_otherwise_is_flagged(aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    shown = lives.shown_as_approved(request) | {"discount_value": "25.00"}
    with pytest.raises(Blocked):
        lives.verify(request, by=sue, shown=shown)

    found = table("overrides", aurora, kind="otherwise")

    assert values(found, "subject", "who", "details") == [
        (request.reference, "Sue", "Discount: 20 % off → 25 % off")
    ]
    assert values(found, "codes") == [("discount_value",)]
    assert flags(found) == [("Seller Central showed something else than was approved",)]


def test_the_days_that_the_second_look_saw_are_those_that_people_type(aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    approved = lives.shown_as_approved(request)
    shown = approved | {"starts_at": approved["ends_at"], "ends_at": approved["starts_at"]}
    with pytest.raises(Blocked):
        lives.verify(request, by=sue, shown=shown)

    [(details, codes)] = values(table("overrides", aurora, kind="otherwise"), "details", "codes")

    assert codes == "starts_at ends_at"
    assert details.startswith("Start: ")
    assert "; End: " in details
    assert "T08:00" not in details


def test_a_decision_from_before_codes_were_asked_for_is_flagged(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE promotions_decision SET confirmed_at = NULL")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    found = table("overrides", aurora)

    assert values(found, "kind", "subject") == [("Decided without a fresh code", request.reference)]
    assert flags(found) == [("No code was asked for",)]


def test_a_wrong_code_belongs_to_no_store(aurora, sam):
    audit.record("person.confirm_failed", by=sam, at=NOW, on=sam)

    assert overrides(aurora, "kind", "who", "subject") == [("Failed to confirm with a code", "Sam", "")]
    assert overrides(aurora, everywhere=False) == []


def test_the_ordinary_way_is_no_override(aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    shown = lives.shown_as_approved(request)
    lives.verify(request, by=sue, shown=shown)
    returned = lives.submitted(aurora, lives.coupon(SET), by=olivia)
    lives.send_back(returned, by=sam, note="Shorter.")

    assert lives.again(request).state == State.LIVE
    assert overrides(aurora) == []


# --- Grants over time -----------------------------------------------------------------------------------


@pytest.fixture
def pat(aurora, mia):
    """Operator for two days from NOW on; two days later again, and still."""
    pat = cast.person("Pat")
    grants.grant(to=pat, store=aurora, role=OPERATOR, by=mia, at=NOW)
    grants.revoke(from_=pat, store=aurora, role=OPERATOR, by=cast.root(), at=NOW + 48 * HOUR)
    grants.grant(to=pat, store=aurora, role=OPERATOR, by=mia, at=NOW + 96 * HOUR)
    return pat


def test_each_grant_lasts_until_its_revoke_and_says_who_gave_and_took_it(aurora, pat):
    found = table("grants", aurora, person=pat.person_id, order="at")

    names = ("holder", "role", "store_name", "at", "granted_by", "ended_at", "revoked_by", "length")
    assert values(found, *names) == [
        ("Pat", "Operator", "Aurora US", NOW, "Mia", NOW + 48 * HOUR, "Root", 172_800.0),
        ("Pat", "Operator", "Aurora US", NOW + 96 * HOUR, "Mia", None, None, (30 - 4) * 86_400.0),
    ]
    assert flags(found) == [(), ()]


@pytest.mark.parametrize(
    ("hours", "held"), [(-24, 0), (0, 1), (47, 1), (48, 0), (72, 0), (95, 0), (96, 1), (2400, 1)]
)
def test_who_held_what_is_answered_for_any_day(aurora, pat, hours, held):
    day = NOW + hours * HOUR

    found = table("grants", aurora, person=pat.person_id, since=day, until=day + HOUR)

    assert len(found.rows) == held


def test_two_of_one_name_are_told_apart_by_address_and_number(aurora, mia, pat):
    other = cast.person("Pat", email="pat2@example.com")
    grants.grant(to=other, store=aurora, role=SUPERVISOR, by=mia, at=NOW + 96 * HOUR)

    found = table("grants", aurora, since=NOW + 97 * HOUR, until=NOW + 98 * HOUR)

    of_pats = [row for row in values(found, "holder", "email", "account") if row[0] == "Pat"]
    assert sorted(of_pats) == sorted(
        [("Pat", "pat@example.com", pat.pk), ("Pat", "pat2@example.com", other.pk)]
    )
    assert [column.below.key for column in found.shown if column.key == "holder"] == ["email"]


def test_who_granted_and_revoked_it_is_led_to_as_its_holder_is(aurora, mia, pat):
    [row, *_later] = table("grants", aurora, person=pat.person_id, order="at").rows

    assert row.links["granted_by"].args == (mia.pk,)
    assert row.links["revoked_by"].args == (User.objects.get(name="Root").pk,)
    assert row.links["holder"].args == (pat.pk,)


def test_a_file_keeps_the_readers_zone_while_it_streams(aurora, pat):
    with timezone.override("Asia/Shanghai"):
        found = table("grants", aurora, person=pat.person_id, order="at")
        streamed = files.rows(found)

    place = [column.key for column in found.columns].index("at") + 1
    assert next(streamed)[place].isoformat() == "2026-11-22T18:00:00+08:00"


def test_it_is_read_from_the_history_and_not_from_what_is_granted_now(aurora, pat):
    pat.groups.clear()

    assert len(table("grants", aurora, person=pat.person_id).rows) == 2


def test_the_roles_of_one_person_and_of_two_stores_are_told_apart(aurora, mia, pat):
    elsewhere = cast.store("Boreal US", merchant_id="A2BOREAL1234567")
    grants.grant(to=pat, store=aurora, role=AUDITOR, by=mia, at=NOW + HOUR)
    grants.grant(to=pat, store=elsewhere, role=OPERATOR, by=mia, at=NOW + HOUR)
    grants.revoke(from_=pat, store=elsewhere, role=OPERATOR, by=mia, at=NOW + 9 * HOUR)

    of_pat = {"person": pat.person_id, "order": "at"}
    assert values(table("grants", elsewhere, **of_pat), "role", "ended_at") == [("Operator", NOW + 9 * HOUR)]
    assert values(table("grants", aurora, **of_pat), "role", "ended_at") == [
        ("Operator", NOW + 48 * HOUR),
        ("Auditor", None),
        ("Operator", None),
    ]


def test_what_was_granted_to_oneself_and_what_was_held_briefly_is_flagged(aurora, mia):
    """Nobody can by the desk; by SQL somebody might, and the history then says so."""
    second = cast.person("Mia too", person_id=mia.person_id)
    brief = cast.person("Brief")
    audit.record("role.granted", by=mia, at=NOW, on=second, store=aurora, after={"role": SUPERVISOR})
    grants.grant(to=brief, store=aurora, role=SUPERVISOR, by=mia, at=NOW)
    grants.revoke(from_=brief, store=aurora, role=SUPERVISOR, by=mia, at=NOW + HOUR / 2)

    found = table("grants", aurora)

    flagged = {row.values["holder"]: row.flags for row in found.rows if row.flags}
    assert flagged == {"Mia too": ("Granted to themselves",), "Brief": ("Held for less than an hour",)}
    assert [bool(row.flags) for row in found.rows][:2] == [True, True]


def test_a_bar_shows_where_in_the_period_it_held(aurora, pat):
    found = table(
        "grants", aurora, person=pat.person_id, since=NOW - 24 * HOUR, until=NOW + 96 * HOUR, order="at"
    )

    assert values(found, "during") == [((20.0, 40.0),)]


def test_a_deactivated_account_keeps_its_rows(aurora, mia, pat):
    people.deactivate(user=pat, by=mia, at=NOW + 100 * HOUR)

    assert len(table("grants", aurora, person=pat.person_id).rows) == 2


# --- Changes outside office hours -----------------------------------------------------------------------

# A Monday, in Shanghai from 9:00 to 19:00.
OPENS = datetime(2026, 11, 2, 1, tzinfo=UTC)
CLOSES = OPENS + 10 * HOUR
MINUTE = timedelta(minutes=1)


def outside(store, *names, **asked):
    """Without Root, who lets the cast in on the clock of the day on which the tests run."""
    found = table("hours", store, **asked)
    found.rows = [row for row in found.rows if row.values["who"] != "Root"]
    return values(found, *(names or ("who", "deeds", "outside", "weighty")))


@pytest.fixture
def quiet(aurora, olivia, mia):
    """The cast came by the real clock, after the days that these tests ask about."""
    return {"since": OPENS - timedelta(days=1), "until": OPENS + timedelta(days=14)}


@pytest.mark.parametrize(
    ("at", "is_outside"),
    [
        (OPENS - MINUTE, True),
        (OPENS, False),
        (CLOSES - MINUTE, False),
        (CLOSES, True),
        (OPENS + timedelta(days=4), False),
        (OPENS + timedelta(days=5, hours=3), True),
        (OPENS + timedelta(days=6, hours=3), True),
    ],
)
def test_what_is_outside_is_told_to_the_minute_and_by_weekday(aurora, olivia, quiet, at, is_outside):
    lives.drafted(aurora, by=olivia, at=at)

    expected = [("Olivia", 1, 1, 0)] if is_outside else []
    assert Office().is_open(at) is not is_outside
    assert [row for row in outside(aurora, **quiet) if row[0] == "Olivia"] == expected


@pytest.mark.parametrize(
    ("hours", "at", "is_outside"),
    [
        # Monday to Friday, in Shanghai: Tuesday's shift is over on Wednesday morning, Friday's on Saturday.
        (("22:00", "06:00"), "2026-11-02T05:59", True),
        (("22:00", "06:00"), "2026-11-02T21:59", True),
        (("22:00", "06:00"), "2026-11-02T22:00", False),
        (("22:00", "06:00"), "2026-11-03T05:59", False),
        (("22:00", "06:00"), "2026-11-03T06:00", True),
        (("22:00", "06:00"), "2026-11-07T05:59", False),
        (("22:00", "06:00"), "2026-11-07T22:00", True),
        (("14:00", "00:00"), "2026-11-06T23:59", False),
        (("14:00", "00:00"), "2026-11-07T00:00", True),
        (("00:00", "00:00"), "2026-11-02T00:00", False),
        (("00:00", "00:00"), "2026-11-06T23:59", False),
        (("00:00", "00:00"), "2026-11-07T00:00", True),
        (("09:00", "09:00"), "2026-11-07T08:59", False),
        (("09:00", "09:00"), "2026-11-07T09:00", True),
    ],
)
def test_a_shift_over_midnight_is_of_the_day_on_which_it_opens(aurora, olivia, mia, hours, at, is_outside):
    opens, closes = map(time.fromisoformat, hours)
    night = Office(opens=opens, closes=closes)
    office.set_hours(store=aurora, office=night, by=mia, at=OPENS - timedelta(days=1))
    done_at = datetime.fromisoformat(f"{at}+08:00")
    audit.record("request.commented", by=olivia, at=done_at, on=aurora)

    found = outside(aurora, "outside", person=olivia.person_id, since=done_at, until=done_at + MINUTE)

    assert found == ([(1,)] if is_outside else [])
    assert night.is_open(done_at) is not is_outside


def test_deeds_are_counted_by_person_with_those_of_weight(aurora, olivia, sam, quiet):
    night = OPENS - HOUR
    request = lives.drafted(aurora, by=olivia, at=OPENS)
    request = lives.submit(request, by=olivia, at=night)
    lives.approve(request, by=sam, at=night)
    people_ = [row for row in outside(aurora, **quiet) if row[0] in {"Olivia", "Sam"}]

    found = table("hours", aurora, person=sam.person_id, **quiet)

    assert people_ == [("Sam", 1, 1, 1), ("Olivia", 2, 1, 0)]
    assert found.rows[0].flags == ("1 of them decided, set prices or gave power",)


def test_a_price_a_parent_and_a_floor_from_a_file_weigh_as_much_as_a_floor_by_hand(aurora, mia, quiet):
    night = OPENS - HOUR
    lamp = Product.objects.get(store=aurora, asin=LAMP)
    for event in ("product.price_changed", "product.parent_changed"):
        audit.record(event, by=mia, at=night, on=lamp, store=aurora)
    for event in (
        "request.rejected",
        "request.returned",
        "role.revoked",
        "person.reactivated",
        "store.changed",
    ):
        audit.record(event, by=mia, at=night, on=aurora, store=aurora)
    nothing = {"all": 3, "text": 3, "price": 0, "floor": 0, "parent": 0}
    for counts in ({**nothing, "price": 1}, {**nothing, "floor": 2}, {**nothing, "parent": 1}, nothing, {}):
        audit.record("import.applied", by=mia, at=night, on=aurora, store=aurora, after={"counts": counts})

    assert [row for row in outside(aurora, **quiet) if row[0] == "Mia"] == [("Mia", 12, 12, 10)]


def test_signing_in_and_what_is_refused_is_no_change(aurora, olivia, sam, quiet):
    night = OPENS - HOUR
    audit.record("person.signed_in", by=olivia, at=night, on=olivia)
    audit.record("request.stop_refused", by=olivia, at=night, on=aurora, outcome="refused")
    audit.record("store.changed", by=None, at=night, on=aurora)

    assert outside(aurora, "who", person=olivia.person_id, **quiet) == []
    assert outside(aurora, "who", **quiet) == []


def test_what_belongs_to_no_store_is_measured_in_the_readers_zone(aurora, mia, quiet):
    at = OPENS + HOUR
    audit.record("person.renamed", by=mia, at=at, on=mia)

    assert outside(aurora, "who", **quiet) == []
    assert outside(aurora, "who", "store", zone="America/New_York", **quiet) == [("Mia", 0)]
    assert outside(aurora, "who", zone="America/New_York", everywhere=False, **quiet) == []


def test_the_hours_that_held_then_count_and_not_todays(aurora, mia, olivia, quiet):
    early = OPENS - HOUR
    lives.drafted(aurora, by=olivia, at=early)
    office.set_hours(store=aurora, office=Office(opens=time(7)), by=mia, at=OPENS)
    lives.drafted(aurora, by=olivia, at=early + timedelta(days=1))

    assert outside(aurora, "who", "deeds", "outside", person=olivia.person_id, **quiet) == [("Olivia", 2, 1)]
    [(at, there)] = values(table("deeds", aurora, person=olivia.person_id, **quiet), "at", "there")
    assert at == there == early
    assert there.tzinfo == ZoneInfo("Asia/Shanghai")


def test_hours_in_another_zone_follow_its_summer_time(aurora, mia, olivia):
    berlin = Office(opens=time(9), closes=time(17), zone="Europe/Berlin")
    office.set_hours(store=aurora, office=berlin, by=mia, at=NOW - timedelta(days=400))
    before, after = datetime(2026, 10, 23, 7, 30, tzinfo=UTC), datetime(2026, 10, 26, 7, 30, tzinfo=UTC)
    for at in (before, after):
        audit.record("request.commented", by=olivia, at=at, on=aurora)

    asked = {"since": before - HOUR, "until": after + HOUR, "person": olivia.person_id}
    assert values(table("deeds", aurora, **asked), "at") == [(after,)]


def test_the_deeds_behind_the_figure_are_listed_with_weight_first(aurora, olivia, sam, quiet):
    night = OPENS - HOUR
    request = lives.submitted(aurora, by=olivia, at=night)
    lives.approve(request, by=sam, at=night)

    found = table("deeds", aurora, **quiet)

    told = [row for row in values(found, "event", "who", "subject") if row[1] in {"Olivia", "Sam"}]
    assert told[0] == ("Approved the request", "Sam", request.reference)
    assert {row[0] for row in told[1:]} == {"Drafted the request", "Submitted the request for review"}
    assert found.rows[0].flags == ("A decision, a price or power",)


def test_one_human_is_one_row_whatever_account_they_used(aurora, olivia, twin, quiet):
    for account in (olivia, cast.grant(twin, aurora, OPERATOR)):
        lives.drafted(aurora, by=account, at=OPENS - HOUR)

    found = table("hours", aurora, **quiet)
    [row] = [row for row in found.rows if "Olivia" in row.values["who"]]
    behind = table("deeds", aurora, person=olivia.person_id, **quiet)

    assert row.values["outside"] == len(behind.rows) == 2
    assert row.values["accounts"] == f"{olivia.pk} / {twin.pk}"
    assert "deeds" not in row.links, "the history is filtered by one account"


def test_a_store_that_was_renamed_is_one_store_under_its_name_of_now(aurora, mia, olivia, quiet):
    lives.drafted(aurora, by=olivia, at=OPENS - HOUR)
    stores.change(
        store=aurora,
        seen=stores.Facts.of(aurora),
        to=stores.Facts.of(aurora)._replace(name="Borealis"),
        by=mia,
        at=OPENS,
    )
    aurora.refresh_from_db()
    lives.drafted(aurora, by=olivia, at=CLOSES)

    assert outside(aurora, "store_name", "outside", person=olivia.person_id, **quiet) == [("Borealis", 2)]


def test_two_of_one_name_are_told_apart_on_the_page_and_in_files(aurora, olivia, quiet):
    other = cast.grant(cast.person("Olivia", email="olivia2@example.com"), aurora, OPERATOR)
    for account in (olivia, other):
        lives.drafted(aurora, by=account, at=OPENS - HOUR)

    for code in ("hours", "deeds"):
        found = table(code, aurora, **quiet)
        rows = [row for row in values(found, "who", "email", "accounts") if "Olivia" in row[0]]
        assert {(who, email, str(account)) for who, email, account in rows} == {
            (f"Olivia ({person.email})", person.email, str(person.pk)) for person in (olivia, other)
        }
        assert {"Email", "Account number"} < set(files.header(found))


def test_overrides_of_two_of_one_name_are_told_apart(aurora, olivia, sam):
    cast.person("Sam", email="sam2@example.com")
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)

    found = overrides(aurora, "who", "email", "accounts", kind="acknowledged")

    assert found == [("Sam (sam@example.com)", "sam@example.com", sam.pk)]


def test_setting_the_hours_is_recorded_and_the_managers_alone(aurora, mia, sam, ada, root):
    hours = Office(days=(1, 2), opens=time(8), closes=time(12), zone="UTC")

    office.set_hours(store=aurora, office=hours, by=mia, at=NOW)
    office.set_hours(store=aurora, office=hours, by=mia, at=NOW + HOUR)

    entry = Entry.objects.get(event="store.hours_changed")
    assert entry.before == {
        "days": [1, 2, 3, 4, 5],
        "opens": "09:00",
        "closes": "19:00",
        "zone": "Asia/Shanghai",
    }
    assert entry.after == {"days": [1, 2], "opens": "08:00", "closes": "12:00", "zone": "UTC"}
    assert (entry.actor, entry.store_id) == (mia, aurora.pk)
    assert hours_of(aurora.pk) == hours
    for person in (sam, ada, root):
        with pytest.raises(NotAllowed):
            office.set_hours(store=aurora, office=Office(), by=person, at=NOW)
    with pytest.raises(Blocked):
        office.set_hours(store=aurora, office=Office(days=()), by=mia, at=NOW)
    assert hours_of(aurora.pk) == hours
