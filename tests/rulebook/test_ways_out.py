"""The way out that is another promotion: stopping or withdrawing which one takes a block away."""

from datetime import timedelta

import pytest

from promoflow.rulebook.conflicts import find_conflicts
from tests.rulebook.making import DAY, NOW, POLICY, offer, product

HOUR = timedelta(hours=1)


def first(candidate, *others, floor="1.00", now=NOW):
    return find_conflicts(candidate, others, [product("100", floor)], POLICY, now)[0]


def draft(kind, off="%10", **terms):
    return offer(kind, off, **{"state": "draft", **terms})


def other(kind, off="%10", **terms):
    return offer(kind, off, **{"reference": "PR-1001", **terms})


def cut(off, **terms):
    return other("percentage_off", off, claim_type="none", **terms)


def test_an_approved_one_can_be_withdrawn():
    assert first(draft("social_code"), other("coupon")).let_go == ("PR-1001",)


@pytest.mark.parametrize(("hours", "goes"), [(4, True), (3.999, False)])
def test_a_live_code_is_gone_four_hours_after_it_is_stopped(hours, goes):
    running = other("social_code", state="live", hours=(-24, 48))

    finding = first(draft("social_code"), running, now=DAY - timedelta(hours=hours))

    assert finding.let_go == ("PR-1001",) * goes


def test_a_live_coupon_stays_with_those_who_clipped_it():
    running = other("coupon", state="live", hours=(-24, 48))

    assert first(draft("social_code"), running, now=DAY - 3 * HOUR).let_go == ()


def test_what_has_been_stopped_cannot_be_stopped_again():
    stopped = other("social_code", state="ended", hours=(-24, 48), stopped_at=DAY - HOUR)

    assert first(draft("coupon"), stopped).let_go == ()


def test_two_in_review_are_not_told_to_let_go():
    assert first(draft("social_code"), other("coupon", state="in_review")).let_go == ()


def test_below_the_floor_names_each_one_that_is_enough():
    others = [cut("%20"), other("coupon", "%5", reference="PR-1002")]

    finding = first(draft("price_discount", "%30"), *others, floor="60")

    assert finding.code == "below-floor"
    assert finding.others == ("PR-1001", "PR-1002")
    assert finding.let_go == ("PR-1001",)


def test_where_no_single_one_is_enough_none_is_named():
    others = [cut("%20"), other("coupon", "%20", reference="PR-1002")]

    assert first(draft("price_discount", "%20"), *others, floor="70").let_go == ()


def test_what_breaks_the_floor_by_itself_has_nobody_to_blame():
    assert first(draft("price_discount", "%50"), cut("%5"), floor="60").let_go == ()


def test_it_must_be_enough_through_all_the_time():
    others = [cut("%30", hours=(0, 6)), cut("%25", hours=(12, 18), reference="PR-1002")]

    finding = first(draft("price_discount", "%20"), *others, floor="60")

    assert finding.others == ("PR-1001",)
    assert finding.let_go == ()
