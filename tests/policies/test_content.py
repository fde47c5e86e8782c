"""The body as values: what it says by path, and what a proposal makes of it."""

import json
from pathlib import Path

import pytest

from promoflow.policies import content, wording
from promoflow.rulebook import policy

VERSION_1 = json.loads(
    (Path(__file__).resolve().parents[2] / "promoflow/policies/versions/0001.json").read_text()
)


def propose(changed=None, *, whys=None, blackouts=(), base=VERSION_1):
    proposal = content.Proposal(
        values=content.values(base) | (changed or {}), whys=whys or {}, blackouts=blackouts, summary="Why."
    )
    return content.compose(base, proposal, number=2)


def at(body, path):
    for name in path.split("."):
        body = body[name]
    return body


PRIME_DAY = {
    "name": "Prime Day",
    "first_day": "2027-07-13",
    "last_day": "2027-07-14",
    "kinds": ["coupon"],
    "verdict": "block",
    "reason": "",
}


def test_every_value_has_a_path():
    values = content.values(VERSION_1)

    assert values["pairs.coupon.social_code"] == "block"
    assert values["kinds.coupon.danger.hours_after_stop.value"] == "to-the-end"
    assert values["kinds.coupon.limits.percent.least"] == 5
    assert values["kinds.coupon.limits.least_budget.amounts.JPY"] == 10000
    assert values["going_live.verify_within_minutes.value"] == 60


def test_the_same_values_are_the_same_rules():
    body = propose()

    changed = {name for name in {*body, *VERSION_1} if body.get(name) != VERSION_1.get(name)}
    assert changed <= {"version", "summary", "legend"}
    assert body["legend"]["sure"]["H"] == "set by the house"
    assert wording.differences(VERSION_1, body) == []


def test_a_number_that_changes_is_set_by_the_house():
    path = "kinds.coupon.danger.hours_before"

    body = propose({f"{path}.value": 8}, whys={path: "It came early twice."})

    assert at(body, path) == {"value": 8, "source": "house", "sure": "H", "why": "It came early twice."}
    assert at(propose({f"{path}.value": 8}), path) == {"value": 8, "source": "house", "sure": "H"}
    assert at(body, "kinds.coupon.danger.hours_after") == at(VERSION_1, "kinds.coupon.danger.hours_after")


def test_a_reason_alone_is_the_house_standing_by_a_value():
    path = "floor.default_percent"

    body = propose(whys={path: "The owner said so."})

    assert at(body, path) == {"value": 50, "source": "house", "sure": "H", "why": "The owner said so."}


def test_a_pair_that_changes_is_set_by_the_house():
    body = propose(
        {"pairs.coupon.price_discount": "block"}, whys={"pairs.coupon.price_discount": "Too deep."}
    )

    assert content.pairs(body)["pairs.coupon.price_discount"] == {
        "kinds": ["coupon", "price_discount"],
        "verdict": "block",
        "reason": "Too deep.",
        "source": "house",
        "sure": "H",
    }
    assert policy.read(body).pair("price_discount", "coupon") == "block"


def test_a_value_that_goes_back_gets_its_source_back():
    later = propose({"floor.default_percent.value": 40})
    back = content.compose(
        VERSION_1,
        content.Proposal(
            values=content.values(later) | {"floor.default_percent.value": 50},
            whys={},
            blackouts=[],
            summary="",
        ),
        number=2,
    )

    assert back["floor"] == VERSION_1["floor"]


def test_an_amount_left_empty_goes_and_one_filled_comes():
    path = "kinds.coupon.limits.least_budget"

    body = propose({f"{path}.amounts.GBP": None, f"{path}.amounts.EUR": 90})

    assert at(body, path)["amounts"] == {"USD": 100, "JPY": 10000, "other": 100, "EUR": 90}


def test_what_a_version_may_do_without_comes_and_goes():
    path = "after_effects.days"
    bare = {name: part for name, part in VERSION_1.items() if name != "after_effects"}

    there = propose({f"{path}.value": 30}, base=bare)
    gone = content.compose(
        there,
        content.Proposal(
            values=content.values(there) | {f"{path}.value": None}, whys={}, blackouts=[], summary=""
        ),
        number=3,
    )

    assert there["after_effects"] == {"days": {"value": 30, "source": "house", "sure": "H"}}
    assert "after_effects" not in gone
    assert "after_effects" not in propose(base=bare)


def test_blackouts_are_kept_as_rows():
    assert propose(blackouts=[PRIME_DAY])["blackouts"] == [PRIME_DAY]
    bare = {name: part for name, part in VERSION_1.items() if name != "blackouts"}
    assert "blackouts" not in propose(base=bare)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("kinds.coupon.danger.hours_before.value", 169, "Between 0 and 168."),
        ("kinds.coupon.decide_hours_before_start.value", 73, "Between 0 and 72."),
        ("floor.default_percent.value", 101, "Between 0 and 100."),
        ("kinds.coupon.limits.percent.most", 4, "Not below 5, which is the least."),
        ("kinds.coupon.limits.least_budget.amounts.other", None, "This cannot be: "),
        ("going_live.late_mark_hours.value", None, "This cannot be: "),
        ("pairs.coupon.coupon", "perhaps", "This cannot be: "),
    ],
)
def test_what_the_rulebook_could_not_read_is_named_by_its_path(path, value, sentence):
    wrong = content.problems(propose({path: value}))

    assert next(iter(wrong.values())).startswith(sentence)
    if not path.startswith("pairs") and "amounts" not in path:
        assert list(wrong) == [path]


def test_the_greatest_numbers_are_taken():
    assert content.problems(propose({"kinds.coupon.danger.hours_before.value": 168})) == {}
    assert content.problems(propose({"floor.default_percent.value": 100})) == {}


def test_differences_are_in_words_pairs_first():
    body = propose(
        {
            "floor.default_percent.value": 40,
            "pairs.coupon.price_discount": "block",
            "kinds.coupon.danger.hours_after_stop.value": 4,
            "kinds.coupon.limits.percent.most": None,
        },
        blackouts=[PRIME_DAY],
    )

    assert [str(change) for change in wording.differences(VERSION_1, body)] == [
        "Coupon and Price Discount: Warn → Block",
        "Floor of a product for which nobody has set one, in percent of its price: 50 → 40",
        "Coupon; Hours for which it may outlast being stopped: to its original end → 4",
        "Coupon; Discount in percent; at most: 50 → –",
        "Blackout Prime Day: – → 2027-07-13 – 2027-07-14: Block for Coupon",
    ]


def test_what_nobody_has_named_is_still_told():
    """A rule of a later rulebook, before this part has words for it."""
    body = json.loads(json.dumps(VERSION_1))
    body["wishes"] = {"in_a_row": {"value": 3, "source": "-", "sure": "U"}}
    later = json.loads(json.dumps(body))
    later["wishes"]["in_a_row"]["value"] = 4

    assert [str(change) for change in wording.differences(body, later)] == ["wishes, in a row: 3 → 4"]
