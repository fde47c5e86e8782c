"""How two-person rules were beaten elsewhere, tried here as far as no other test does."""

import ast
import json

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import override_settings
from django.urls import reverse

from accounts.services import people
from promoflow.errors import NotAllowed, Refused
from promoflow.outbox.models import Message
from promoflow.promotions import permissions
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.services import drafting
from tests import cast
from tests.architecture.sources import ROOT, modules, parsed
from tests.promotions import lives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def request_(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


# --- Self-approval ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["author", "editor", "submitter"])
def test_a_superuser_with_every_role_does_not_approve_what_they_wrote(part, aurora, olivia, mia):
    boss = cast.person("Boss", is_superuser=True, is_staff=True)
    for role in ("operator", "supervisor", "manager"):
        cast.grant(boss, aurora, role)
    request = lives.drafted(aurora, by=boss if part == "author" else olivia)
    if part == "editor":
        drafting.edit(
            reference=request.reference, revision=1, typed=lives.coupon(title="Mine"), by=boss, at=lives.NOW
        )
    request = lives.submit(request, by=boss if part == "submitter" else olivia)

    with pytest.raises(NotAllowed, match="You wrote, edited or submitted"):
        lives.approve(request, by=boss)


@override_settings(DEBUG=True, DEMO=True)
def test_no_setting_lets_anybody_approve_their_own(aurora, olivia):
    cast.grant(olivia, aurora, "supervisor")

    with pytest.raises(NotAllowed, match="You wrote"):
        lives.approve(lives.submitted(aurora, by=olivia), by=olivia)


@pytest.mark.parametrize("who", ["olivia", "twin", "oscar"])
def test_without_the_check_in_python_the_database_still_refuses(
    who, request_, aurora, olivia, twin, oscar, monkeypatch
):
    """Somebody deletes the check: the promise does not fall with one line."""
    cast.grant(olivia, aurora, "supervisor")
    cast.two_step(oscar)
    monkeypatch.setattr(permissions, "check_can_approve", lambda by, request: None)

    with pytest.raises(DatabaseError):
        lives.approve(request_, by={"olivia": olivia, "twin": twin, "oscar": oscar}[who])

    assert not Decision.objects.exists()


# --- Other ways in ------------------------------------------------------------------------------------------


def _callers_of_a_decision() -> set[str]:
    """The modules that call a service which decides."""
    deciding = {("review", "approve"), ("review", "send_back"), ("review", "reject")}
    return {
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in deciding
    }


def test_no_command_task_or_admin_page_decides():
    """Only the pages do, behind a session that a person confirmed; and the demonstration's story."""
    assert _callers_of_a_decision() == {
        "promoflow/promotions/views/review.py",
        # Reached from the queue, by the same confirmed session.
        "promoflow/promotions/services/returning.py",
        "promoflow/promotions/urls.py",
        "promoflow/promotions/management/demonstration/deeds.py",
    }


@pytest.mark.parametrize("way", ["update", "bulk_update", "save"])
@pytest.mark.parametrize("state", ["approved", "live", "rejected"])
def test_no_way_of_the_orm_writes_a_state(way, state, request_):
    request = lives.again(request_)
    object.__setattr__(request, "__dict__", request.__dict__ | {"state": state})

    write = {
        "update": lambda: PromotionRequest.objects.filter(pk=request.pk).update(state=state),
        "bulk_update": lambda: PromotionRequest.objects.bulk_update([request], ["state"]),
        "save": request.save,
    }[way]

    with pytest.raises(DatabaseError), transaction.atomic():
        write()

    assert lives.again(request).state == State.IN_REVIEW


def test_a_fixture_does_not_load_an_approved_request(request_, tmp_path):
    [row] = json.loads(serializers.serialize("json", [lives.again(request_)]))
    row["fields"]["state"] = "approved"
    file = tmp_path / "forged.json"
    for key in (row["pk"], row["pk"] + 1000):
        file.write_text(json.dumps([row | {"pk": key}]))
        with pytest.raises(DatabaseError), transaction.atomic():
            call_command("loaddata", str(file), verbosity=0)

    assert not PromotionRequest.objects.filter(state="approved").exists()


@pytest.mark.parametrize("how", ["revoked", "deactivated"])
def test_an_old_session_replays_nothing_after_the_role_is_gone(how, client, request_, aurora, sam, mia):
    client.force_login(sam)
    page = lives.as_shown(request_) | {"note": "Less."}
    if how == "revoked":
        cast.revoke(sam, aurora, "supervisor")
    else:
        people.deactivate(user=sam, by=mia, at=lives.NOW)

    for name in ("approve", "return", "reject"):
        answer = client.post(reverse(f"request-{name}", args=[request_.reference]), page)
        assert answer.status_code in (302, 403, 404), name

    assert lives.again(request_).state == State.IN_REVIEW
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "forged",
    [
        {"route": '{"approvals": 1}'},
        {"approvals": "1"},
        {"needed": "1", "role": "supervisor"},
        {"on_behalf_of": "1", "decided_by_human": "0" * 32},
        {"valid": "true", "state": "approved", "enough": "yes"},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_nothing_sent_with_the_form_lowers_what_it_takes(forged, client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    client.force_login(sam)

    client.post(reverse("request-approve", args=[request.reference]), lives.as_shown(request) | forged)

    assert lives.again(request).state == State.IN_REVIEW
    assert lives.again(request).route["approvals"] == 2
    assert Decision.objects.get().on_behalf_of is None


# --- Returning, rejecting, beginning again ------------------------------------------------------------------


def test_what_comes_back_to_review_starts_at_no_approval(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)
    lives.send_back(request, by=sue)
    request = lives.submit(request, by=olivia)

    lives.approve(request, by=sue)

    assert lives.again(request).state == State.IN_REVIEW, "sam's approval was of an earlier round"


def test_a_refused_approval_tells_nobody_anything(request_, olivia, twin, sam):
    owed = Message.objects.count()

    for person, changed in ((twin, {}), (sam, {"confirmed_at": None}), (sam, {"revision": "0" * 64})):
        with pytest.raises(Refused):
            lives.approve(request_, by=person, **changed)

    assert Message.objects.count() == owed


def test_the_page_the_mail_and_the_list_call_one_of_two_in_review(client, aurora, olivia, sam, sue):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)
    client.force_login(olivia)

    page = client.get(reverse("request", args=[request.reference])).content.decode()
    listed = client.get(reverse("request-list"), {"state": "approved"}).content.decode()

    assert "In review" in page
    assert request.reference not in listed
    assert not Message.objects.filter(notice="request_approved").exists()
    refused = client.get(reverse("request-live", args=[request.reference]))
    assert refused.status_code == 409
