"""Who decides has two-step verification and used it just now, on every route; stopping asks for nothing."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.urls import reverse

from promoflow.audit.models import PEOPLES, Entry
from promoflow.errors import NotAllowed
from promoflow.outbox.models import Message
from promoflow.promotions.models import Decision, State
from promoflow.promotions.services import alarms, publishing, review, running
from tests import cast
from tests.policies import drafts
from tests.promotions import lives

pytestmark = pytest.mark.django_db

OLD = lives.NOW - timedelta(minutes=10, seconds=1)
TO_COME = lives.NOW + timedelta(seconds=1)


@pytest.fixture
def request_(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


DECISIONS = {
    "approve": lives.approve,
    "return": lives.send_back,
    "reject": lives.reject,
}


def take_off(person):
    Authenticator.objects.filter(user=person).delete()


# --- The services -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", DECISIONS)
@pytest.mark.parametrize("confirmed_at", [None, OLD, TO_COME], ids=["never", "long ago", "in the future"])
def test_nothing_is_decided_unconfirmed(deed, confirmed_at, request_, sam):
    with pytest.raises(NotAllowed, match="Confirm that it is you"):
        DECISIONS[deed](request_, by=sam, confirmed_at=confirmed_at)

    assert lives.again(request_).state == State.IN_REVIEW
    assert not Decision.objects.exists()
    assert Entry.objects.filter(event=f"request.{deed}_refused", outcome="refused").exists()


@pytest.mark.parametrize("deed", DECISIONS)
def test_nothing_is_decided_without_two_steps(deed, request_, sam):
    take_off(sam)

    with pytest.raises(NotAllowed, match="needs two-step verification"):
        DECISIONS[deed](request_, by=sam, confirmed_at=lives.NOW)

    assert not Decision.objects.exists()


def test_the_decision_keeps_when_it_was_confirmed(request_, sam):
    nine_minutes_ago = lives.NOW - timedelta(minutes=9)

    decision = lives.approve(request_, by=sam, confirmed_at=nine_minutes_ago)

    assert decision.confirmed_at == nine_minutes_ago


def test_no_second_look_unconfirmed(aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)

    with pytest.raises(NotAllowed, match="Confirm that it is you"):
        lives.verify(request, by=sue, confirmed_at=OLD)

    assert lives.again(request).activation.verified_at is None


def test_no_rules_are_published_unconfirmed(aurora, mia, sue):
    draft = drafts.drafted({"floor.default_percent.value": 40}, by=mia)

    with pytest.raises(NotAllowed, match="Confirm that it is you"):
        drafts.publish(draft, by=sue, confirmed_at=None)


def test_stopping_asks_for_no_code(aurora, olivia, sam):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    take_off(sam)

    running.stop(reference=request.reference, by=sam, at=lives.NOW)

    assert lives.again(request).state == State.ENDED


# --- The page -----------------------------------------------------------------------------------------------


@pytest.fixture
def tonight(aurora, olivia):
    """A request of the true time, which codes are of."""
    from django.utils import timezone

    return lives.submitted(aurora, _soon(timezone.now()), by=olivia, at=timezone.now())


def _soon(now):
    days = (now - lives.NOW).days + 12
    return lives.coupon(start=days)


def address(name, request):
    return reverse(f"request-{name}" if name else "request", args=[request.reference])


def page_of(request):
    from django.utils import timezone

    return lives.as_shown(request, at=timezone.now())


def sign_in(client, person, *, minutes_ago):
    client.force_login(person)
    cast.confirmed(client, person, minutes_ago=minutes_ago)


def test_a_fresh_session_is_not_asked(client, tonight, sam):
    client.force_login(sam)

    assert 'name="code"' not in client.get(address("", tonight)).content.decode()
    assert client.post(address("approve", tonight), page_of(tonight)).status_code == 303
    assert lives.again(tonight).state == State.APPROVED


def test_an_old_one_is_asked_for_a_code_and_keeps_what_was_typed(client, tonight, sam):
    sign_in(client, sam, minutes_ago=11)

    assert 'name="code"' in client.get(address("", tonight)).content.decode()
    answer = client.post(address("approve", tonight), page_of(tonight) | {"note": "Stock is there."})

    assert answer.status_code == 422
    assert "Type the code" in answer.content.decode()
    assert "Stock is there." in answer.content.decode()
    assert lives.again(tonight).state == State.IN_REVIEW


def test_the_code_that_comes_along_confirms_and_decides(client, tonight, sam):
    sign_in(client, sam, minutes_ago=11)

    answer = client.post(address("approve", tonight), page_of(tonight) | {"code": cast.code()})

    assert answer.status_code == 303
    decision = Decision.objects.get(request=tonight)
    assert timedelta(0) <= decision.decided_at - decision.confirmed_at < timedelta(minutes=1)


def test_a_decision_that_a_recovery_code_confirmed_is_told_to_its_owner(client, tonight, sam):
    sign_in(client, sam, minutes_ago=11)
    code = RecoveryCodes.activate(sam).get_unused_codes()[0]

    client.post(address("approve", tonight), page_of(tonight) | {"code": code})

    assert lives.again(tonight).state == State.APPROVED
    done = Entry.objects.filter(PEOPLES, actor=sam).order_by("pk").values_list("event", flat=True)
    assert list(done) == ["person.recovery_code_used", "request.approved"]
    assert Message.objects.get(recipient=sam, notice="person_secured").context["event"] == done[0]


@pytest.mark.parametrize("name", ["approve", "return", "reject"])
def test_a_wrong_code_stands_beside_its_field_and_in_the_history(name, client, tonight, sam):
    sign_in(client, sam, minutes_ago=11)

    answer = client.post(address(name, tonight), page_of(tonight) | {"note": "Less.", "code": "000000"})

    assert answer.status_code == 422
    assert "Incorrect code" in answer.content.decode()
    focused = re.findall(r'id="([^"]+)"[^<>]*data-focus', answer.content.decode())
    assert focused == [f"code-{name}"], "the keyboard is where the code is typed"
    assert Entry.objects.filter(event="person.confirm_failed", actor=sam, outcome="refused").count() == 1
    assert lives.again(tonight).state == State.IN_REVIEW


def test_guessing_codes_is_limited(client, tonight, sam):
    sign_in(client, sam, minutes_ago=11)
    for guess in range(12):
        client.post(address("approve", tonight), page_of(tonight) | {"code": f"{guess:06}"})

    answer = client.post(address("approve", tonight), page_of(tonight) | {"code": cast.code()})

    assert answer.status_code == 422
    assert lives.again(tonight).state == State.IN_REVIEW


def test_a_password_typed_anew_is_not_enough(client, tonight, sam):
    client.force_login(sam)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [
        {"method": "password", "at": records[0]["at"], "reauthenticated": True}
    ]
    session.save()

    assert client.post(address("approve", tonight), page_of(tonight)).status_code == 422


def test_somebody_elses_confirmation_in_the_session_is_none(client, tonight, sam, sue):
    client.force_login(sam)
    cast.confirmed(client, sue)

    assert client.post(address("approve", tonight), page_of(tonight)).status_code == 422


def test_a_forged_confirmation_in_the_form_is_none(client, tonight, sam):
    sign_in(client, sam, minutes_ago=11)
    forged = {"confirmed_at": lives.NOW.isoformat(), "confirmation": "yes", "is_fresh": "1"}

    assert client.post(address("approve", tonight), page_of(tonight) | forged).status_code == 422
    assert not Decision.objects.exists()


def test_who_has_no_two_steps_reads_why_and_where_to_set_it_up(client, tonight, sam):
    take_off(sam)
    sign_in(client, sam, minutes_ago=11)

    page = client.get(address("", tonight)).content.decode()
    answer = client.post(address("approve", tonight), page_of(tonight))

    assert "needs two-step verification" in page
    assert reverse("mfa_activate_totp") in page
    assert answer.status_code == 403
    assert lives.again(tonight).state == State.IN_REVIEW


def test_who_may_not_decide_is_refused_before_any_code(client, tonight, twin):
    sign_in(client, twin, minutes_ago=11)

    answer = client.post(address("approve", tonight), page_of(tonight))

    assert answer.status_code == 403
    assert Entry.objects.filter(event="request.approve_refused").exists()


def test_publishing_asks_for_a_code_too(client, aurora, mia, sue):
    draft = drafts.drafted({"floor.default_percent.value": 40}, by=mia)
    sign_in(client, sue, minutes_ago=11)
    page = drafts.as_shown(draft)

    assert client.post(reverse("policy-publish"), page).status_code == 422
    assert client.post(reverse("policy-publish"), page | {"code": cast.code()}).status_code == 303


def test_every_service_that_decides_asks_when_it_was_confirmed():
    """A new route cannot forget it: the keyword has no default."""
    import inspect

    for deed in (
        review.approve,
        review.send_back,
        review.reject,
        running.verify,
        alarms.settle,
        publishing.publish,
    ):
        assert inspect.signature(deed).parameters["confirmed_at"].default is inspect.Parameter.empty
