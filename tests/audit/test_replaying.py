"""The history alone says what stood at any moment; and the tables are what it says, or somebody cheated."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from promoflow.audit import replaying
from promoflow.audit.followed import FOLLOWED
from promoflow.audit.models import Entry, Link
from promoflow.catalog.models import Product
from promoflow.promotions.services import running
from tests import cast
from tests.promotions import lives
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def sentences():
    return [str(mismatch) for mismatch in replaying.mismatches()]


def seq_of(event):
    return Entry.objects.filter(event=event).latest("pk").link.seq


def test_a_whole_life_replays_to_exactly_the_tables(aurora, olivia, sam):
    lives.live(aurora, by=olivia, supervisor=sam)

    assert sentences() == []


def test_a_request_is_told_as_it_stood_after_each_step(aurora, olivia, sam):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=olivia, at=lives.NOW)

    states = {}
    for event in ("drafted", "submitted", "approved", "marked_live", "stopped"):
        until = replaying.place_after(seq_of(f"request.{event}"))
        rows = replaying.of_request(request.pk, until=until)
        [own] = rows["promotions_promotionrequest"].values()
        states[event] = (own["state"], len(rows.get("promotions_decision", {})))

    assert states == {
        "drafted": ("draft", 0),
        "submitted": ("in_review", 0),
        "approved": ("approved", 1),
        "marked_live": ("live", 1),
        "stopped": ("ended", 1),
    }


def test_the_content_that_was_approved_is_read_from_the_history_alone(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    body = bytes(request.newest.body)
    until = replaying.place_after(seq_of("request.approved"))

    rows = replaying.of_request(request.pk, until=until)

    [own] = rows["promotions_promotionrequest"].values()
    assert rows["promotions_revision"][str(own["current_id"])]["body"].encode() == body


def test_who_held_which_role_is_told_for_any_place(aurora, olivia):
    before = Link.objects.count()
    cast.revoke(olivia, aurora, "operator")

    held = replaying.table("accounts_user_groups", until=before)
    left = replaying.table("accounts_user_groups")

    assert [row for row in held.values() if row["user_id"] == olivia.pk]
    assert not [row for row in left.values() if row["user_id"] == olivia.pk]


def test_before_the_first_entry_nothing_stood(aurora):
    assert replaying.table("catalog_store", until=0) == {}


def test_the_rules_of_any_moment_are_told(db):
    [version] = replaying.table("policies_policyversion").values()

    assert version["number"] == 1
    assert version["body"].startswith("{")


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        ("UPDATE catalog_product SET floor_price = 0.01 WHERE asin = 'B0AURORA01'", "floor_price of row"),
        ("UPDATE promotions_decision SET note = 'Fine.'", "note of row"),
        ("DELETE FROM promotions_reservation", "is gone"),
        ("INSERT INTO accounts_user_groups (user_id, group_id)"
         " SELECT id, (SELECT max(id) FROM auth_group) FROM accounts_user WHERE name = 'Root'",
         "does not say where it came from"),
    ],
)  # fmt: skip
def test_a_table_changed_with_the_triggers_off_is_named(aurora, olivia, sam, attack, says):
    lives.approved(aurora, by=olivia, supervisor=sam)
    tables = ("catalog_product", "promotions_decision", "promotions_reservation", "accounts_user_groups")
    with unguarded(*tables):
        run(attack)

    found = sentences()

    assert found
    assert all(says in sentence for sentence in found)


def test_a_change_that_was_taken_back_unseen_still_shows_where_the_next_one_starts(aurora):
    product = Product.objects.get(store=aurora, asin=lives.LAMP)
    with unguarded("catalog_product"):
        run("UPDATE catalog_product SET price = 1 WHERE id = %s", product.pk)
    run("UPDATE catalog_product SET price = 2 WHERE id = %s", product.pk)

    [sentence] = sentences()

    assert "price of row" in sentence
    assert "another value than the history had told until then" in sentence


def test_what_was_changed_past_the_services_is_told_though_nobody_says_why(aurora, olivia, sam):
    lives.live(aurora, by=olivia, supervisor=sam)
    before = replaying.unexplained()
    run("UPDATE catalog_product SET floor_price = 1 WHERE asin = %s", lives.LAMP)

    [hand] = [deed for deed in replaying.unexplained() if deed not in before]

    # The floor of what is live asks for a check, in the same transaction.
    assert hand.tables == ["catalog_product", "promotions_recheck"]
    assert hand.role == connection.settings_dict["USER"]
    assert str(hand).startswith(f"at place {hand.seq}, ")


def test_the_command_replays_the_history_and_says_what_nobody_explains(aurora, olivia, sam, capsys):
    lives.approved(aurora, by=olivia, supervisor=sam)
    run("UPDATE catalog_product SET floor_price = 1 WHERE asin = %s", lives.LAMP)

    call_command("verify_history")

    said = capsys.readouterr().out
    assert f"it makes exactly the rows of the {len(FOLLOWED)} tables" in said
    assert "changed rows of catalog_product" in said


def test_the_command_fails_where_a_table_was_changed_behind_the_historys_back(aurora, olivia, sam):
    lives.approved(aurora, by=olivia, supervisor=sam)
    with unguarded("promotions_decision"):
        run("UPDATE promotions_decision SET note = 'Fine.'")

    with pytest.raises(CommandError, match="note of row"):
        call_command("verify_history")

    call_command("verify_history", chain_only=True)
