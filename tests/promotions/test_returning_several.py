"""Several returned at once: each for itself, and nothing but returning is done so."""

import pytest
from django.urls import get_resolver

from promoflow.audit.models import Entry
from promoflow.promotions.models import Decision, State, Verdict
from promoflow.promotions.services import drafting, returning
from tests import cast
from tests.everything import names_in
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET

pytestmark = pytest.mark.django_db


def several(aurora, by):
    return [lives.submitted(aurora, lives.coupon(asin), by=by) for asin in (LAMP, FLOOR_LAMP, SET)]


def returned(requests, by, note="Shorter, all of them."):
    seen = {request.reference: lives.as_shown(request)["revision"] for request in requests}
    return returning.return_several(seen=seen, note=note, by=by, at=NOW, confirmed_at=NOW)


def test_each_is_returned_with_the_note_and_recorded_for_itself(aurora, olivia, sam):
    requests = several(aurora, olivia)

    outcomes = returned(requests, sam)

    assert [outcome.refusal for outcome in outcomes] == ["", "", ""]
    assert {lives.again(request).state for request in requests} == {State.DRAFT}
    assert set(Decision.objects.values_list("verdict", "note")) == {(Verdict.RETURN, "Shorter, all of them.")}
    assert Entry.objects.filter(event="request.returned").count() == 3


def test_what_cannot_be_returned_is_refused_and_keeps_none_of_the_others(aurora, olivia, sam, sue):
    gone, changed, fine = several(aurora, olivia)
    seen = {request.reference: lives.as_shown(request)["revision"] for request in (gone, changed, fine)}
    drafting.withdraw(reference=gone.reference, by=olivia, at=NOW)
    drafting.edit(
        reference=changed.reference,
        revision=1,
        typed=lives.coupon(FLOOR_LAMP, percent="9.00"),
        by=olivia,
        at=NOW,
    )
    lives.submit(changed, by=olivia)

    outcomes = returning.return_several(seen=seen, note="Shorter.", by=sam, at=NOW, confirmed_at=NOW)

    assert "is cancelled" in outcomes[0].refusal
    assert "has changed" in outcomes[1].refusal
    assert outcomes[2].refusal == ""
    states = [lives.again(request).state for request in (gone, changed, fine)]
    assert states == [State.CANCELLED, State.IN_REVIEW, State.DRAFT]


def test_ones_own_is_refused(aurora, olivia, twin):
    (outcome, *_) = returned(several(aurora, olivia), twin)

    assert "You wrote, edited or submitted" in outcome.refusal
    assert Decision.objects.count() == 0


def test_another_stores_request_does_not_exist(aurora, olivia):
    elsewhere = cast.grant(
        cast.person("Else"), cast.store("Elsewhere", merchant_id="A2ELSEWHERE0000"), "supervisor"
    )
    request = lives.submitted(aurora, by=olivia)

    (outcome,) = returned([request], elsewhere)

    assert outcome.refusal == "No store of yours has such a request."
    assert lives.again(request).state == State.IN_REVIEW


def test_without_a_note_none_is_returned(aurora, olivia, sam):
    outcomes = returned(several(aurora, olivia), sam, note=" ")

    assert all("Say why" in outcome.refusal for outcome in outcomes)
    assert Decision.objects.count() == 0


def test_no_address_approves_several():
    """Each approval names one request; what takes several of them only returns."""
    addresses = {
        name: pattern for name, pattern in _addresses() if "approve" in name or "approve" in str(pattern)
    }

    assert set(addresses) == {"request-approve"}
    assert "<str:reference>" in str(addresses["request-approve"])


def _addresses():
    names = set(names_in(get_resolver()))
    resolver = get_resolver()
    for pattern in resolver.url_patterns:
        for inner in getattr(pattern, "url_patterns", [pattern]):
            if getattr(inner, "name", None) in names:
                yield inner.name, inner.pattern


@pytest.mark.parametrize("forged", ["approve", "approved", "verdict"])
def test_returning_several_never_approves_whatever_is_sent(client, aurora, olivia, sam, monkeypatch, forged):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    requests = several(aurora, olivia)
    client.force_login(sam)
    picked = [f"{request.reference}:{lives.as_shown(request)['revision']}" for request in requests]

    client.post(
        "/review/return/", {"picked": picked, "note": "Shorter.", forged: "approve", "state": "approved"}
    )

    assert {lives.again(request).state for request in requests} == {State.DRAFT}
