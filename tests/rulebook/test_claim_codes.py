"""Claim codes as Amazon stores them."""

import pytest

from promoflow.rulebook import claim_codes


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("top10tix", "TOPIOTIX"),
        ("TOPIOTIX", "TOPIOTIX"),
        (" save2O ", "SAVE2O"),
        ("SAVE20", "SAVE2O"),
        ("", ""),
    ],
)
def test_a_code_is_stored_upper_case_with_letters_for_0_and_1(typed, stored):
    assert claim_codes.normalise(typed) == stored


def test_normalising_twice_changes_nothing():
    assert claim_codes.normalise(claim_codes.normalise("10lO1i")) == claim_codes.normalise("10lO1i")


@pytest.mark.parametrize(
    ("code", "fine"), [("SAVE20", True), ("SAVE-20", False), ("SAVÉ20", False), ("", False), ("２０", False)]
)
def test_only_plain_letters_and_digits_are_taken(code, fine):
    assert claim_codes.is_alphanumeric(code) is fine


@pytest.mark.parametrize(
    ("typed", "group", "kept"),
    [
        ("top10tix", True, "TOPIOTIX"),
        ("top10tix", False, "TOP10TIX"),
        (" 25lampsx ", False, "25LAMPSX"),
        (" save01 ", True, "SAVEOI"),
    ],
)
def test_only_a_groups_code_loses_its_digits_0_and_1(typed, group, kept):
    assert claim_codes.kept(typed, group=group) == kept
