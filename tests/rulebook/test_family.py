"""Parents and the children that they pull in, also those that came later."""

from dataclasses import replace

from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.offers import with_children
from tests.rulebook.making import NOW, POLICY, but_the_usual, offer, product

PARENT, FIRST, LATE = "B000000001", "B000000002", "B000000003"

FAMILY = [
    product(asin=PARENT),
    replace(product(asin=FIRST), parent=PARENT),
    replace(product(asin=LATE), parent=PARENT),
]


def on(kind, *asins, chosen=(), **terms):
    return offer(kind, asins=frozenset(asins), chosen=frozenset(chosen), **terms)


def found(candidate, *others, products=FAMILY):
    return but_the_usual(find_conflicts(candidate, others, products, POLICY, NOW))


def test_a_child_that_joined_after_the_writing_blocks():
    findings = found(on("coupon", PARENT, FIRST, chosen=[PARENT], one_per_customer=True))

    assert [(finding.code, finding.severity) for finding in findings] == [("family-grown", "block")]
    assert findings[0].details == {"asins": LATE, "count": "1"}


def test_a_whole_family_is_no_finding():
    assert not found(on("coupon", PARENT, FIRST, LATE, chosen=[PARENT], one_per_customer=True))


def test_a_child_that_was_chosen_by_itself_pulls_nobody_in():
    assert not found(on("coupon", FIRST, chosen=[FIRST], one_per_customer=True))


def test_a_running_promotion_on_a_parent_meets_a_child_that_joined_later():
    running = on("coupon", PARENT, FIRST, chosen=[PARENT], reference="PR-1001")

    findings = found(on("social_code", LATE, chosen=[LATE]), running)

    assert (findings[0].code, findings[0].asin) == ("kinds-forbidden", LATE)
    assert findings[0].others == ("PR-1001",)


def test_only_chosen_parents_grow():
    unchosen = on("coupon", PARENT, FIRST, chosen=[FIRST])
    chosen = on("coupon", PARENT, FIRST, chosen=[PARENT])

    assert with_children([unchosen, chosen], FAMILY) == [
        unchosen,
        replace(chosen, asins=frozenset({PARENT, FIRST, LATE})),
    ]


def several(kind, *chosen, products):
    findings = found(on(kind, *chosen, chosen=chosen, committed_units=5), products=products)
    return [finding for finding in findings if finding.code == "several-in-one-deal"]


def test_a_deal_on_products_of_no_one_family_is_doubtful():
    [finding] = several("lightning_deal", FIRST, PARENT, products=[product(asin=PARENT), product(asin=FIRST)])

    assert (finding.severity, finding.details) == (
        "warn",
        {"kind": "lightning_deal", "asins": f"{PARENT} {FIRST}", "count": "2"},
    )


def test_a_deal_on_one_family_is_fine_however_it_is_chosen():
    for chosen in ([FIRST, LATE], [PARENT], [PARENT, FIRST, LATE]):
        assert not several("best_deal", *chosen, products=FAMILY)
    assert not several("price_discount", FIRST, PARENT, products=[product(asin=PARENT), product(asin=FIRST)])
