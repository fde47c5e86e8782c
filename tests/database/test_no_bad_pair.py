"""Promise 2 attacked with raw SQL by a superuser: what may not meet never holds one product."""

from datetime import timedelta

import pytest

from promoflow.promotions.models import Reservation
from promoflow.promotions.services import amending, drafting, running
from tests.database.attacks import AS_THE_APPLICATION, approval, moved, recorded, refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_that_may_not_meet_never_hold_one_product(aurora, olivia, sam):
    held = lives.approved(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)
    other = lives.approved(aurora, lives.social_code(lives.LAMP, start=20), by=olivia, supervisor=sam)
    danger = Reservation.objects.filter(request=held).first().danger

    refused(
        "no_two_held_that_may_not_meet",
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            " held) SELECT request_id, revision_id, product_id, conflict_group, member, tstzrange(%s, %s), true"
            " FROM promotions_reservation WHERE request_id = %s",
            [danger.lower, danger.upper, other.pk],
        ),
    )


@pytest.mark.parametrize(
    "danger", ["'empty'", "tstzrange(now(), NULL)", "tstzrange(NULL, now())", "tstzrange(now(), now(), '[]')"]
)
def test_a_danger_window_is_bounded_and_not_empty(aurora, olivia, sam, danger):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused(
        "danger_is_a_bounded_half_open_window",
        "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger, held)"
        f" SELECT request_id, revision_id, product_id, 99, 99, {danger}, true FROM promotions_reservation",
    )


def held_anew(request, danger):
    """All that it holds once more, for another window; the same group and member never excludes itself."""
    return (
        "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger, held)"
        f" SELECT request_id, revision_id, product_id, conflict_group, member, {danger}, true"
        " FROM promotions_reservation WHERE request_id = %s AND held",
        [request.pk],
    )


def let_go(request, which="true"):
    """What it held before this transaction; nothing of what `held_anew` has just written."""
    newest = Reservation.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return (
        f"UPDATE promotions_reservation SET held = false WHERE request_id = %s AND held AND id <= {newest} AND {which}",
        [request.pk],
    )


ELSEWHEN = "tstzrange('1990-01-01', '1990-01-02')"


@pytest.mark.parametrize("state", ["approved", "live"])
def test_a_danger_window_is_not_moved_elsewhen(aurora, olivia, sam, state):
    made = lives.approved if state == "approved" else lives.live
    request = made(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    refused("approved_holds_its_products", AS_THE_APPLICATION, held_anew(request, ELSEWHEN), let_go(request))


def test_a_danger_window_is_not_moved_with_a_forged_step(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    refused(
        "approved_holds_its_products",
        AS_THE_APPLICATION,
        recorded(request, "live", "live"),
        moved(request, "live"),
        held_anew(request, ELSEWHEN),
        let_go(request),
    )


def test_the_padding_of_a_danger_window_is_not_trimmed(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)
    later = "tstzrange(lower(danger) + interval '1 second', upper(danger))"

    refused("what_is_let_go_is_replaced", AS_THE_APPLICATION, held_anew(request, later), let_go(request))


def test_a_presence_alone_does_not_hold_a_product(aurora, olivia, sam):
    """Group 0 excludes nothing: the groups that do are not let go either."""
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    refused("what_is_let_go_is_replaced", AS_THE_APPLICATION, let_go(request, "conflict_group <> 0"))


def test_another_member_does_not_stand_in(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    refused(
        "what_is_let_go_is_replaced",
        AS_THE_APPLICATION,
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            " held) SELECT request_id, revision_id, product_id, conflict_group + 50, member, danger, true"
            " FROM promotions_reservation WHERE request_id = %s AND held AND conflict_group <> 0",
            [request.pk],
        ),
        let_go(request, "conflict_group <> 0"),
    )


def test_nothing_is_approved_that_holds_its_products_elsewhen(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(lives.LAMP), by=olivia)

    refused(
        "approved_holds_its_products",
        AS_THE_APPLICATION,
        approval(request, sam.pk),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            f" held) SELECT %s, revision_id, product_id, 0, 0, {ELSEWHEN}, true"
            " FROM promotions_revisionproduct WHERE revision_id = %s",
            [request.pk, request.current_id],
        ),
    )


def test_a_shortened_one_is_held_until_its_earlier_end(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)
    early = request.newest.ends_at - timedelta(days=1)
    shortened = (
        "UPDATE promotions_promotionrequest SET ends_early = %s, step = step + 1 WHERE id = %s",
        [early, request.pk],
    )
    step = recorded(request, "live", "live")

    for danger in (ELSEWHEN, f"tstzrange(lower(danger), '{early - timedelta(seconds=1)}')"):
        refused(
            "approved_holds_its_products",
            AS_THE_APPLICATION,
            step,
            shortened,
            held_anew(request, danger),
            let_go(request),
        )


def test_what_was_shortened_is_not_trimmed_later(aurora, olivia, sam):
    request = lives.live(aurora, lives.social_code(lives.LAMP), by=olivia, supervisor=sam)
    early = request.newest.ends_at - timedelta(days=1)
    amending.shorten(reference=request.reference, by=sam, at=lives.NOW, ends_at=early)

    refused(
        "what_is_let_go_is_replaced",
        AS_THE_APPLICATION,
        held_anew(request, f"tstzrange(lower(danger), '{early}')"),
        let_go(request),
    )


@pytest.mark.parametrize("way", ["let go", "moved elsewhen"])
def test_what_cools_off_is_held_until_it_is_gone(aurora, olivia, sam, way):
    request = lives.live(aurora, lives.coupon(lives.LAMP, start=3), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW + timedelta(days=4))
    before = [held_anew(request, ELSEWHEN)] if way == "moved elsewhen" else []

    refused("what_is_let_go_is_replaced", AS_THE_APPLICATION, *before, let_go(request))


def test_no_entry_is_forged_for_what_has_ended(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP, start=3), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW + timedelta(days=4))
    ended = lives.again(request)
    ended.step -= 1

    refused(
        "each_step_is_recorded_once", AS_THE_APPLICATION, recorded(ended, "live", "ended"), let_go(request)
    )


def test_no_entry_of_another_deed_lets_go_what_cools_off(aurora, olivia, sam):
    """A comment has no step, so it is not refused for being told twice."""
    request = lives.live(aurora, lives.coupon(lives.LAMP, start=3), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW + timedelta(days=4))

    refused("what_is_let_go_is_replaced", AS_THE_APPLICATION, told_of(request), let_go(request))


def test_no_entry_of_new_rules_lets_go_what_cools_off(aurora, olivia, sam):
    """Publishing rules regroups what is held; saying so without rows of rules does not."""
    request = lives.live(aurora, lives.coupon(lives.LAMP, start=3), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW + timedelta(days=4))
    published = told_of(request, event="policy.published", subject_type="policies_policyversion")

    refused("what_is_let_go_is_replaced", AS_THE_APPLICATION, published, let_go(request))


def told_of(request, *, event="request.commented", subject_type="promotions.promotionrequest"):
    """A forged entry of no step."""
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id, subject, asins,"
        " state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), %s, 'done', 'Mallory', '', %s, %s, %s, '{}', '', '', '{}', '{}', '', '', '')",
        [event, subject_type, request.pk, request.reference],
    )


def test_one_of_its_products_is_not_let_go(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP, lives.SET), by=olivia, supervisor=sam)
    of_the_set = f"product_id = (SELECT id FROM catalog_product WHERE asin = '{lives.SET}')"

    refused(
        "what_is_let_go_is_replaced",
        AS_THE_APPLICATION,
        let_go(request, f"conflict_group <> 0 AND {of_the_set}"),
    )


def test_an_approved_one_does_not_let_go_what_excludes_others(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    refused("what_is_let_go_is_replaced", AS_THE_APPLICATION, let_go(request, "conflict_group <> 0"))


def test_what_was_shortened_is_not_let_go_with_a_forged_step(aurora, olivia, sam):
    """A step lets go only where it ends the promotion, and it has ended already where it was shortened."""
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)
    early = request.newest.ends_at - timedelta(days=1)
    amending.shorten(reference=request.reference, by=sam, at=lives.NOW, ends_at=early)
    request = lives.again(request)

    refused(
        "what_is_let_go_is_replaced",
        AS_THE_APPLICATION,
        recorded(request, "live", "live"),
        moved(request, "live"),
        let_go(request, "conflict_group <> 0"),
    )


@pytest.mark.parametrize(
    ("group", "danger"),
    [
        (7, "tstzrange(v.starts_at, v.ends_at)"),
        (0, "tstzrange(v.starts_at + interval '1 hour', v.ends_at)"),
    ],
)
def test_nothing_is_approved_without_its_presence_for_all_of_its_window(aurora, olivia, sam, group, danger):
    request = lives.submitted(aurora, lives.coupon(lives.LAMP), by=olivia)

    refused(
        "approved_holds_its_products",
        AS_THE_APPLICATION,
        approval(request, sam.pk),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            f" held) SELECT %s, p.revision_id, p.product_id, {group}, 0, {danger}, true"
            " FROM promotions_revisionproduct p JOIN promotions_revision v ON v.id = p.revision_id"
            " WHERE p.revision_id = %s",
            [request.pk, request.current_id],
        ),
    )


def test_an_approved_request_does_not_let_its_products_go(aurora, olivia, sam):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("approved_holds_its_products", "UPDATE promotions_reservation SET held = false")


def test_a_released_product_is_not_taken_back(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=False)

    refused("a_reservation_is_only_released", "UPDATE promotions_reservation SET held = true")


@pytest.mark.parametrize(
    "change",
    ["danger = tstzrange(now(), now() + interval '1 minute')", "conflict_group = conflict_group + 77"],
)
def test_a_reservation_is_never_moved(aurora, olivia, sam, change):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("a_reservation_is_only_released", f"UPDATE promotions_reservation SET {change}")


def test_a_draft_holds_nothing(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)
    product = aurora.products.get(asin=lives.LAMP)

    refused(
        "only_approved_ones_hold_products",
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            " held) VALUES (%s, %s, %s, 1, 1, tstzrange(now(), now() + interval '1 day'), true)",
            [request.pk, request.current_id, product.pk],
        ),
    )
