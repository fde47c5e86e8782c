"""Conflict groups: the database's way of keeping blocked pairs apart."""

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.rulebook import groups
from promoflow.rulebook.kinds import KINDS
from tests.rulebook.making import POLICY

PAIRS = [frozenset(pair) for pair in combinations_with_replacement(KINDS, 2)]


def exclude_each_other(held, first, second):
    """What the exclusion constraint says of rows of requests 1 and 2, on one product at the same time."""
    rows_of_first = {(group, 1 if member is None else member) for group, member in held[first]}
    rows_of_second = {(group, 2 if member is None else member) for group, member in held[second]}
    return any(
        group == other_group and member != other_member
        for group, member in rows_of_first
        for other_group, other_member in rows_of_second
    )


@given(blocked=st.frozensets(st.sampled_from(PAIRS)))
def test_two_kinds_exclude_each_other_if_and_only_if_the_pair_blocks(blocked):
    held = groups.of_kinds(blocked)

    for pair in PAIRS:
        first, second = sorted(pair)[0], sorted(pair)[-1]
        assert exclude_each_other(held, first, second) is (pair in blocked)
        assert exclude_each_other(held, second, first) is (pair in blocked)


@given(blocked=st.frozensets(st.sampled_from(PAIRS)), data=st.data())
def test_the_order_of_the_pairs_does_not_matter(blocked, data):
    shuffled = frozenset(data.draw(st.permutations(sorted(blocked, key=sorted))))

    assert groups.of_kinds(shuffled) == groups.of_kinds(blocked)


@given(blocked=st.frozensets(st.sampled_from(PAIRS)))
def test_a_group_means_the_same_kinds_whatever_the_policy(blocked):
    held = groups.of_kinds(blocked)

    for kind, rows in held.items():
        assert len({group for group, _member in rows}) == len(rows)
        for group, member in rows:
            assert abs(group) >> KINDS[kind].number & 1
            assert (member is None) is (group > 0)


@given(blocked=st.frozensets(st.sampled_from(PAIRS)))
def test_a_member_that_stands_for_a_kind_is_never_a_request(blocked):
    members = [
        member for rows in groups.of_kinds(blocked).values() for _group, member in rows if member is not None
    ]

    assert all(member < 0 for member in members)


def test_kinds_that_all_block_each_other_share_one_group():
    assert all(len(rows) == 1 for rows in groups.of_kinds(frozenset(PAIRS)).values())


def test_the_groups_of_version_1_are_what_the_database_holds():
    assert {kind: POLICY.conflict_groups(kind) for kind in KINDS} == {
        "coupon": ((3, None), (5, None), (17, None)),
        "lightning_deal": ((3, None),),
        "best_deal": ((5, None),),
        "price_discount": ((8, None),),
        "social_code": ((17, None),),
        "percentage_off": ((32, None),),
        "buy_one_get_one": ((64, None),),
    }


def test_a_kind_that_may_meet_itself_gets_a_group_for_the_pair():
    held = groups.of_kinds(frozenset({frozenset(("coupon", "social_code")), frozenset(("coupon",))}))

    assert held["coupon"] == ((-17, -1), (1, None))
    assert held["social_code"] == ((-17, -5),)


def test_an_unknown_kind_cannot_be_held():
    with pytest.raises(ValueError, match="outlet"):
        POLICY.conflict_groups("outlet")
