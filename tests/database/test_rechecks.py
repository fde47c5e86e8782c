"""Which checks PostgreSQL asks for when a product changes, and that nobody takes one away unseen."""

import threading
import time
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from promoflow.audit import services as audit
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.promotions import selectors
from promoflow.promotions.models import Recheck
from promoflow.promotions.services import rechecking, reserving
from tests.database.attacks import refused
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(aurora, olivia, sam):
    return lives.live(aurora, lives.coupon(LAMP, SET, percent="20.00"), by=olivia, supervisor=sam)


@pytest.fixture
def keys(aurora):
    return dict(Product.objects.filter(store=aurora).values_list("asin", "pk"))


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)


def asked():
    return list(Recheck.objects.order_by("pk").values_list("request", "products", "moved"))


def test_raw_sql_asks_once_for_each_request_and_says_which_products(live, keys):
    run("UPDATE catalog_product SET price = price - 1")
    run("UPDATE catalog_product SET floor_price = NULL WHERE id = %s", keys[SET])

    assert asked() == [(live.pk, sorted([keys[LAMP], keys[SET]]), []), (live.pk, [keys[SET]], [])]


def test_what_is_written_anew_as_it_was_asks_for_nothing(live):
    run("UPDATE catalog_product SET price = price, floor_price = floor_price, parent_id = NULL, title = 'x'")

    assert asked() == []


def test_whoever_joins_or_leaves_a_family_asks_for_the_family_and_for_itself(aurora, live, keys, olivia, sam):
    own = lives.live(aurora, lives.coupon(FLOOR_LAMP, percent="10.00"), by=olivia, supervisor=sam)
    child, parent = keys[FLOOR_LAMP], keys[SET]

    run("UPDATE catalog_product SET parent_id = %s WHERE id = %s", parent, child)
    run("UPDATE catalog_product SET parent_id = NULL WHERE id = %s", child)

    of_both = [(live.pk, [child], [child]), (own.pk, [child], [child])]
    assert sorted(asked()[:2]) == sorted(asked()[2:]) == of_both


def test_a_child_asks_for_what_stands_on_its_parent(live, keys):
    run("UPDATE catalog_product SET parent_id = %s WHERE id = %s", keys[SET], keys[FLOOR_LAMP])
    run("UPDATE catalog_product SET price = 1 WHERE id = %s", keys[FLOOR_LAMP])

    assert asked()[-1] == (live.pk, [keys[FLOOR_LAMP]], [])


def test_what_is_rolled_back_asks_for_nothing(live):
    with pytest.raises(DatabaseError), transaction.atomic():
        run("UPDATE catalog_product SET price = 1")
        run("SELECT 1 / 0")

    assert asked() == []


def test_what_is_approved_while_the_price_waits_for_it_is_asked_for(aurora, olivia, sam, monkeypatch):
    """The approval holds the product and has seen the old price; the new one waits for it."""
    request = lives.submitted(aurora, lives.coupon(FLOOR_LAMP, percent="20.00"), by=olivia)
    hold = reserving.hold

    def hold_until_somebody_waits(*arguments, **named):
        hold(*arguments, **named)
        changing.start()
        gives_up_at = time.monotonic() + 20
        while not waiting() and time.monotonic() < gives_up_at:
            time.sleep(0.01)

    monkeypatch.setattr(reserving, "hold", hold_until_somebody_waits)
    changing = threading.Thread(target=changed_by_another_session, args=[FLOOR_LAMP])

    lives.approve(request, by=sam)
    changing.join()

    assert rechecking.check_again(at=NOW) == 1
    assert selectors.alarm_of(request)


def changed_by_another_session(asin):
    run("UPDATE catalog_product SET price = 26 WHERE asin = %s", asin)
    connection.close()


def waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


def test_a_session_that_looks_at_an_older_desk_changes_no_price(aurora, olivia, sam):
    """It could not see the approval that it has to ask for: the history refuses it first."""
    request = lives.submitted(aurora, lives.coupon(FLOOR_LAMP, percent="20.00"), by=olivia)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as slow:
        slow.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        slow.execute("SELECT count(*) FROM promotions_promotionrequest")
        lives.approve(request, by=sam)
        with pytest.raises(psycopg.errors.UniqueViolation, match="audit_link_pkey"):
            slow.execute("UPDATE catalog_product SET price = 26 WHERE asin = %s", [FLOOR_LAMP])
            slow.commit()
        slow.rollback()


def test_no_check_is_taken_away_unseen(live, keys):
    run("UPDATE catalog_product SET price = 1 WHERE id = %s", keys[LAMP])
    run("DELETE FROM promotions_recheck")

    born, gone = Entry.objects.filter(event="rows.changed", subject_type="promotions_recheck").order_by("pk")
    assert (born.subject, gone.subject) == (live.reference, live.reference)
    [row] = gone.before.values()
    assert row["products"] == [keys[LAMP]]
    assert audit.verify().trouble == ""


def test_the_checks_are_never_truncated(live):
    refused("a_followed_table_is_never_truncated", "TRUNCATE promotions_recheck")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO promotions_recheck (request_id, products, moved) VALUES (1, '{}', '{}')",
        "UPDATE promotions_recheck SET products = '{}'",
        "TRUNCATE promotions_recheck",
        "SELECT promotions_ask_for_checks()",
    ],
)
def test_the_application_only_takes_what_was_asked(live, keys, statement):
    run("UPDATE catalog_product SET price = 1 WHERE id = %s", keys[LAMP])
    run("SET SESSION AUTHORIZATION promoflow_app")
    try:
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(statement)
        run("UPDATE catalog_product SET price = 2 WHERE id = %s", keys[LAMP])
        assert rechecking.check_again(at=NOW) == 1
    finally:
        run("RESET SESSION AUTHORIZATION")

    assert asked() == []


# --- The alarm ----------------------------------------------------------------------------------------------


def copied(alarm, **changed):
    columns = ["request_id", "revision_id", "cause", "changes", "report_id", "report_digest", "raised_at"]
    columns += ["raised_by_id", "note"]
    chosen = ", ".join(changed.get(column, column) for column in columns)
    return (
        f"INSERT INTO promotions_alarm ({', '.join(columns)}) SELECT {chosen} FROM promotions_alarm"
        f" WHERE id = {alarm.pk}"
    )


def told(request, event):
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id, subject,"
        " asins, state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), %s, 'done', 'Mallory', '', 'promotions.promotionrequest', %s, %s, '{}', '', '', '{}',"
        " '{}', '', '', '')",
        [event, request.pk, request.reference],
    )


@pytest.fixture
def alarm(live, keys):
    Product.objects.filter(pk=keys[LAMP]).update(price=Decimal("11.99"))
    rechecking.check_again(at=NOW)
    return selectors.alarm_of(live)


def test_an_alarm_says_its_cause_truly(alarm, live, mia):
    settled = (
        "UPDATE promotions_alarm SET settled_at = now(), settled_by_id = %s, note = 'Fine.' WHERE id = %s"
    )
    sam = live.decisions.get().decided_by_id
    before = [(settled, [sam, alarm.pk]), told(live, "request.alarm_settled"), told(live, "request.alarmed")]
    before.append(told(live, "request.alarmed_by_prices"))
    rule = "who_published_raises_the_alarm_of_rules"

    refused(rule, *before, copied(alarm, note="''", raised_by_id=str(mia.pk)))
    refused(rule, *before, copied(alarm, note="''", cause="'rules'"))
    refused(rule, *before, copied(alarm, note="''", cause="'weather'"))


def test_the_cause_and_the_changes_stay(alarm):
    refused("an_alarm_is_only_settled", "UPDATE promotions_alarm SET changes = '[]'")
    refused("an_alarm_is_only_settled", "UPDATE promotions_alarm SET cause = 'rules'")


def test_an_alarm_of_prices_is_recorded_as_one(alarm, live):
    sam = live.decisions.get().decided_by_id
    settled = (
        "UPDATE promotions_alarm SET settled_at = now(), settled_by_id = %s, note = 'Fine.' WHERE id = %s",
        [sam, alarm.pk],
    )
    closing = [settled, told(live, "request.alarm_settled")]

    refused("nothing_happens_unrecorded", *closing, copied(alarm, note="''"))
    refused("nothing_happens_unrecorded", *closing, told(live, "request.alarmed"), copied(alarm, note="''"))
