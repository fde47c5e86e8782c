"""What somebody reads off Seller Central, written out for each kind: a field less is one that may differ."""

from functools import partial

import pytest

from promoflow.errors import Blocked
from promoflow.promotions.content import fields_of_kind
from promoflow.promotions.models import State
from promoflow.promotions.services import running
from promoflow.rulebook.kinds import KINDS
from tests.promotions import lives
from tests.promotions.lives import LAMP, SET

pytestmark = pytest.mark.django_db

WINDOW = {"starts_at": "2026-12-02T08:00:00Z", "ends_at": "2026-12-05T08:00:00Z"}
CODE = {
    "claim_type": "group",
    "claim_code": "25LAMPSX",
    "combinability": "exclusive",
    "budget": "500.00",
    "one_per_customer": True,
    "units_per_order": 1,
    "max_redemptions": 40,
}
DISCOUNT = {"discount_type": "percent", "discount_value": "20.00"}
FREE = {"discount_type": "free_items", "buy_quantity": 3, "get_quantity": 1}

# Each kind with all that it takes: everything of it is read off, and nothing else.
APPROVED = {
    "coupon": {**DISCOUNT, "budget": "500.00", "one_per_customer": True},
    "lightning_deal": {**DISCOUNT, "ends_at": "2026-12-02T14:00:00Z", "committed_units": 40},
    "best_deal": {**DISCOUNT, "committed_units": 40},
    "price_discount": DISCOUNT,
    "social_code": {**DISCOUNT, "claim_code": "25LAMPSX", "one_per_customer": True},
    "percentage_off": {**DISCOUNT, **CODE},
    "buy_one_get_one": {**FREE, **CODE},
}
# What Seller Central shows instead, as it could be set by mistake.
INSTEAD = {
    "asins": [SET],
    "discount_type": "money",
    "discount_value": "80.00",
    "starts_at": "2026-12-01T08:00:00Z",
    "ends_at": "2026-12-25T08:00:00Z",
    "claim_type": "none",
    "claim_code": "25LAMPSY",
    "combinability": "unrestricted",
    "budget": "5000.00",
    "one_per_customer": False,
    "units_per_order": 10,
    "max_redemptions": 4000,
    "committed_units": 4000,
    "buy_quantity": 1,
    "get_quantity": 3,
}


def typed(kind):
    return {"kind": kind, "title": "Save on lamps", "asins": [LAMP], **WINDOW, **APPROVED[kind]}


def read_off(kind):
    """All that somebody reads off Seller Central where it shows what was approved."""
    return {"asins": [LAMP], **WINDOW, **APPROVED[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_a_kind_takes_is_written_out_here(kind):
    assert set(read_off(kind)) == {*fields_of_kind(kind), "discount_type"} - {"title", "kind"}


def each_set_otherwise(kind, say):
    """Of each field, which fields are found to differ where it alone is set otherwise."""
    found = {}
    for field in read_off(kind):
        with pytest.raises(Blocked) as refusal:
            say(shown={**read_off(kind), field: INSTEAD[field]})
        found[field] = [difference.field for difference in refusal.value.findings]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_set_otherwise_in_any_field_does_not_go_live(kind, aurora, olivia, sam):
    request = lives.approved(aurora, typed(kind), by=olivia, supervisor=sam)

    found = each_set_otherwise(kind, partial(lives.go_live, request, by=olivia))

    assert found == {field: [field] for field in read_off(kind)}
    assert lives.again(request).state == State.APPROVED
    assert lives.go_live(request, by=olivia, shown=read_off(kind)).evidence == read_off(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_set_otherwise_in_any_field_passes_no_second_look(kind, aurora, olivia, sam, sue):
    request = lives.approved(aurora, typed(kind), by=olivia, supervisor=sam)
    lives.go_live(request, by=olivia, shown=read_off(kind))
    look = partial(
        running.verify, reference=request.reference, by=sue, at=lives.NOW, confirmed_at=lives.NOW, known=0
    )

    found = each_set_otherwise(kind, look)

    assert found == {field: [field] for field in read_off(kind)}
    assert lives.again(request).activation.verified_at is None
