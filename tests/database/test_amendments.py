"""Amendments attacked with raw SQL: of what is live, one at a time, only more, and passed on in one act."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from promoflow.policies import selectors as policies
from promoflow.policies.models import digest_of
from promoflow.promotions import amendments
from promoflow.promotions.content import complete, encode
from promoflow.promotions.models import Succession
from promoflow.promotions.services import amending, drafting
from tests import cast
from tests.database.attacks import activation, approval, done, moved, recorded, refused
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import LAMP, SET

pytestmark = pytest.mark.django_db(transaction=True)

DURING = lives.NOW + timedelta(days=2)
# The number of the rows that an attack writes past the services.
_SWAPPED = 10_000


@pytest.fixture
def live(aurora, olivia, sam):
    return lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)


@pytest.fixture
def approved(live, olivia, sam):
    return lives.amended(live, {"budget": "900.00"}, by=olivia, supervisor=sam, at=DURING)


def born(amended, by, **changed):
    row = {
        "store_id": amended.store_id,
        "state": "draft",
        "step": 1,
        "created_at": lives.NOW,
        "created_by_id": by.pk,
        "reasons": "{}",
        "route": "{}",
        "amends_id": amended.pk,
        **changed,
    }
    places = ", ".join(["%s"] * len(row))
    return f"INSERT INTO promotions_promotionrequest ({', '.join(row)}) VALUES ({places})", list(row.values())


def changed(request, what):
    return (
        f"UPDATE promotions_promotionrequest SET {what}, step = step + 1 WHERE id = %s",
        [request.pk],
    )


def succession(amended, amendment, by):
    return (
        "INSERT INTO promotions_succession (amended_id, amendment_id, passed_at, passed_by_id)"
        " VALUES (%s, %s, now(), %s)",
        [amended.pk, amendment.pk, by.pk],
    )


def test_only_what_is_live_is_amended(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(SET), by=olivia, supervisor=sam)

    refused("what_is_live_is_amended", born(request, olivia))


def test_what_another_store_runs_is_not_amended(live, olivia):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")

    refused("what_is_live_is_amended", born(live, olivia, store_id=other.pk))


def test_one_amendment_is_open_at_a_time(live, olivia):
    amending.amend(reference=live.reference, by=olivia, at=DURING)

    refused("one_open_amendment", born(live, olivia))


def test_what_a_request_amends_is_fixed(live, olivia):
    draft = amending.amend(reference=live.reference, by=olivia, at=DURING)

    refused("an_amendment_stays_one", changed(draft, "amends_id = NULL"))


@pytest.mark.parametrize(
    "typed", [{"discount_value": "45.00"}, {"ends_at": "2026-11-28T08:00:00Z"}, {"asins": [SET]}]
)
def test_nobody_approves_an_amendment_that_is_not_only_more(live, olivia, sam, typed):
    """Submitted as more, and swapped for less or deeper behind the desk's back."""
    made = lives.again(
        lives.submit(
            lives.amendment_of(live, {"budget": "900.00"}, by=olivia, at=DURING), by=olivia, at=DURING
        )
    )
    written = {**drafting.typed_of(made), **typed}
    body = encode(complete(made.store, written, family=written["asins"]))
    revision = (
        "INSERT INTO promotions_revision (id, request_id, number, body, kind, title, starts_at, ends_at,"
        " edited_at, edited_by_id) SELECT %s, request_id, 3, %s, kind, title, starts_at, %s, now(),"
        " edited_by_id FROM promotions_revision WHERE id = %s",
        [_SWAPPED, body, written["ends_at"], made.current_id],
    )
    report = (
        "INSERT INTO promotions_conflictreport (id, revision_id, policy_id, body, computed_at, computed_by_id)"
        " SELECT %s, %s, policy_id, body, now(), computed_by_id FROM promotions_conflictreport"
        " WHERE revision_id = %s",
        [_SWAPPED, _SWAPPED, made.current_id],
    )
    swapped = approval(made, sam.pk, revision_id=_SWAPPED, digest=digest_of(body), report_id=_SWAPPED)

    refused("an_amendment_only_adds", revision, report, swapped)


def test_an_amendment_does_not_go_live_beside_what_it_amends(live, approved, olivia):
    decision = approved.decisions.get(valid=True)

    refused(
        "it_passes_in_one_act",
        activation(approved, decision, live_by=olivia.pk),
        moved(approved, "live"),
        recorded(approved, "approved", "live"),
    )


def passed_on(amendment, by, *, amazon_id, at):
    """All that going live writes but the entry's words, under this id of Amazon."""
    amended, decision = amendment.amends, amendment.decisions.get(valid=True)
    marked, values = activation(amendment, decision, live_by=by.pk)
    return [
        (marked.replace("'A1'", "%s"), [*values[:7], amazon_id, *values[7:]]),
        moved(amendment, "live"),
        recorded(amendment, "approved", "live"),
        moved(amended, "ended"),
        recorded(amended, "live", "ended"),
        (
            "INSERT INTO promotions_succession (amended_id, amendment_id, passed_at, passed_by_id)"
            " VALUES (%s, %s, %s, %s)",
            [amended.pk, amendment.pk, at, by.pk],
        ),
        ("UPDATE promotions_reservation SET held = false WHERE request_id = %s", [amended.pk]),
    ]


def test_another_one_takes_the_place_of_nothing_that_customers_may_still_use(approved, olivia):
    refused(
        "what_may_still_be_used_is_not_replaced",
        *passed_on(approved, olivia, amazon_id="CPN-NEW", at=DURING),
    )


@pytest.mark.parametrize("amazon_id", ["A2NW32V27GZS2T", " a2nw32v27gzs2t "])
def test_the_same_one_changed_takes_its_place_while_it_runs(approved, olivia, amazon_id):
    done(*passed_on(approved, olivia, amazon_id=amazon_id, at=DURING))

    assert lives.again(approved).state == "live"


def test_another_one_takes_the_place_of_what_nobody_can_use_yet(aurora, olivia, sam):
    later = lives.live(aurora, lives.coupon(LAMP, start=9, days=7), by=olivia, supervisor=sam)
    amendment = lives.amended(later, {"budget": "900.00"}, by=olivia, supervisor=sam, at=DURING)

    done(*passed_on(amendment, olivia, amazon_id="CPN-NEW", at=DURING))

    assert lives.again(amendment).state == "live"


OF_A_KIND = {
    "coupon": lives.coupon,
    "social_code": lives.social_code,
    "price_discount": lives.price_discount,
    "lightning_deal": lambda *asins, **when: {
        **lives.price_discount(*asins, **when),
        "kind": "lightning_deal",
        "ends_at": "2026-12-02T14:00:00Z",
        "committed_units": 40,
    },
}
# From its start or its end, in hours, and a second to both sides of each.
_EDGES = [
    timedelta(hours=hours, seconds=more) for hours in (-25, -6, -4, -2, 0, 1, 3, 5, 7) for more in (-1, 0, 1)
]


@pytest.mark.parametrize("kind", OF_A_KIND)
@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"hours_before": 2, "hours_after": 3, "hours_after_stop": 2},
        {"hours_after": 1, "hours_after_stop": "to-the-end"},
    ],
)
@pytest.mark.parametrize("ends_early", [False, True])
def test_the_database_knows_of_each_kind_until_when_a_stop_leaves_something_of_it(
    aurora, olivia, sam, mia, sue, kind, rules, ends_early
):
    """It reads the rules as the desk reads them, those of a later version too."""
    if rules:
        changed = {f"kinds.{kind}.danger.{name}.value": value for name, value in rules.items()}
        drafts.published(changed, manager=mia, publisher=sue)
    live = lives.live(aurora, OF_A_KIND[kind](SET), by=olivia, supervisor=sam)
    if ends_early:
        sooner = live.newest.starts_at + timedelta(hours=3)
        amending.shorten(reference=live.reference, by=sam, at=DURING, ends_at=sooner)
        live = lives.again(live)
    policy = policies.current()
    edges = [edge + near for edge in (live.newest.starts_at, live.newest.ends_at) for near in _EDGES]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT promotions_outlasts_a_stop(%s, at) FROM unnest(%s::timestamptz[]) at", [live.pk, edges]
        )
        known = [row[0] for row in cursor.fetchall()]

    assert known == [bool(amendments.outlasting(live, policy=policy, at=at)) for at in edges]
    assert {*known} == {True, False}


def test_nothing_is_passed_on_while_the_amended_one_runs(live, approved, olivia):
    refused("it_passes_in_one_act", succession(live, approved, olivia))


def test_a_request_succeeds_only_what_it_amends(aurora, live, approved, olivia, sam):
    other = lives.live(aurora, lives.coupon(SET), by=olivia, supervisor=sam)

    refused("an_amendment_succeeds_what_it_amends", succession(other, approved, olivia))


def test_nobody_without_the_role_passes_it_on(live, approved, sam):
    refused("an_operator_passes_it_on", succession(live, approved, sam))


@pytest.mark.parametrize("attack", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_succession_stays(live, approved, olivia, attack):
    lives.go_live(approved, by=olivia, at=DURING)

    refused("kept_as_it_was_written", attack.format("promotions_succession"))


@pytest.mark.parametrize(
    "what",
    [
        "ends_early = timestamptz '2026-12-20 08:00+00'",
        "ends_early = timestamptz '2026-11-01 08:00+00'",
        "smaller_budget = 501",
        "smaller_budget = -1",
    ],
)
def test_shortened_means_less(live, what):
    refused("shortened_means_less", changed(live, what))


def test_what_was_shortened_does_not_grow_back(live, sam):
    amending.shorten(
        reference=live.reference,
        by=sam,
        at=DURING,
        ends_at=DURING + timedelta(days=1),
        budget=Decimal(100),
    )

    for what in ("ends_early = NULL", "smaller_budget = NULL", "smaller_budget = 200"):
        refused("shortened_means_less", changed(live, what))


def test_only_what_is_live_is_shortened(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(SET), by=olivia, supervisor=sam)

    refused("what_is_live_is_shortened", changed(request, "state = 'draft', smaller_budget = 1"))


def test_no_shortening_goes_unrecorded(live):
    refused("nothing_happens_unrecorded", changed(live, "smaller_budget = 10"))


def test_the_applications_privileges_are_enough(aurora, olivia, sam):
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        request = lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)
        amendment = lives.amended(request, {"budget": "900.00"}, by=olivia, supervisor=sam, at=DURING)
        lives.go_live(amendment, by=olivia, at=DURING)
        amending.shorten(reference=amendment.reference, by=sam, at=DURING, budget=Decimal(100))
        for privilege in ("DELETE", "TRUNCATE", "UPDATE"):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT has_table_privilege('promoflow_app', 'promotions_succession', %s)", [privilege]
                )
                assert cursor.fetchone() == (False,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert Succession.objects.count() == 1
