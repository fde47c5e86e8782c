"""How long the page of a decision was open: carried by the page, kept by the entry, refused to nobody."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.promotions.models import State
from promoflow.promotions.pages import opening
from promoflow.promotions.services import drafting
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import NOW

pytestmark = pytest.mark.django_db


class Clock:
    """What `timezone.now` says; a test moves it."""

    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at

    def pass_(self, **time):
        self.at += timedelta(**time)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def waiting(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


@pytest.fixture
def as_sam(client, sam, clock):
    client.force_login(sam)
    return client


def page_of(client, request):
    return client.get(reverse("request", args=[request.reference])).text


def hidden(page, name, after=""):
    return re.search(rf'name="{name}"\s+value="([^"]*)"', page[page.index(after) :])[1]


def typed_on(page, **more):
    return {name: hidden(page, name) for name in ("revision", "report", "opened")} | more


def post(client, name, request, typed):
    return client.post(reverse(name, args=[request.reference]), typed)


def kept(event):
    return Entry.objects.get(event=event).after.get("opened_at")


# --- What the page carries and the entry keeps ----------------------------------------------------------


def test_an_approval_says_when_its_page_was_opened(as_sam, waiting, clock):
    page = page_of(as_sam, waiting)
    clock.pass_(seconds=95)

    post(as_sam, "request-approve", waiting, typed_on(page))

    entry = Entry.objects.get(event="request.approved")
    assert entry.after["opened_at"] == NOW.isoformat()
    assert entry.at - NOW == timedelta(seconds=95)


@pytest.mark.parametrize(
    ("name", "event"), [("request-return", "request.returned"), ("request-reject", "request.rejected")]
)
def test_the_other_verdicts_say_it_too(as_sam, waiting, clock, name, event):
    page = page_of(as_sam, waiting)
    clock.pass_(minutes=3)
    address = reverse(name, args=[waiting.reference])
    typed = {field: hidden(page, field, after=address) for field in ("revision", "opened")}

    as_sam.post(address, typed | {"note": "Shorter."})

    assert kept(event) == NOW.isoformat()


def test_several_that_are_returned_say_when_the_queue_was_opened(as_sam, aurora, waiting, oscar, clock):
    other = lives.submitted(aurora, lives.social_code(lives.SET), by=oscar)
    queue = as_sam.get("/review/").text
    clock.pass_(seconds=40)

    picked = re.findall(r'value="(PR-\d+:\w+)"', queue)
    as_sam.post("/review/return/", {"picked": picked, "note": "Shorter.", "opened": hidden(queue, "opened")})

    entries = Entry.objects.filter(event="request.returned")
    assert {entry.subject for entry in entries} == {waiting.reference, other.reference}
    assert {entry.after["opened_at"] for entry in entries} == {NOW.isoformat()}


def test_a_page_that_comes_back_has_been_open_since_the_first_time(as_sam, waiting, clock):
    page = page_of(as_sam, waiting)
    clock.pass_(minutes=2)
    again = post(as_sam, "request-return", waiting, typed_on(page, note=" ")).text
    clock.pass_(minutes=1)

    post(as_sam, "request-approve", waiting, typed_on(again))

    assert kept("request.approved") == NOW.isoformat()


def test_a_queue_that_comes_back_has_been_open_since_the_first_time(as_sam, waiting, clock):
    opened = hidden(as_sam.get("/review/").text, "opened")
    clock.pass_(minutes=2)

    again = as_sam.post("/review/return/", {"note": "Shorter.", "opened": opened}).text

    assert hidden(again, "opened") == opened


def test_other_content_begins_anew(as_sam, waiting, olivia, clock):
    page = page_of(as_sam, waiting)
    clock.pass_(minutes=2)
    lives_edit(waiting, olivia, clock.at)

    stale = post(as_sam, "request-approve", waiting, typed_on(page))

    assert stale.status_code == 409
    post(as_sam, "request-approve", waiting, typed_on(stale.text))
    assert kept("request.approved") == clock.at.isoformat()


def lives_edit(request, by, at):
    drafting.edit(reference=request.reference, revision=1, typed=lives.coupon(percent="15.00"), by=by, at=at)
    lives.submit(request, by=by, at=at)


# --- What nobody can know is unknown, and refuses nothing -----------------------------------------------


def another_persons(sam, of):
    return opening.seal(cast.person("Somebody"), NOW, of=of)


def of_other_content(sam, of):
    return opening.seal(sam, NOW, of=opening.content("PR-1", "00"))


def of_a_day_to_come(sam, of):
    return opening.seal(sam, NOW + timedelta(days=1), of=of)


def signed_for_something_else(sam, of):
    return signing.dumps([sam.pk, of, NOW.isoformat()], salt="elsewhere")


def altered(sam, of):
    sealed = opening.seal(sam, NOW, of=of)
    return sealed[:-1] + ("A" if sealed[-1] != "A" else "B")


FORGERIES = [
    *(another_persons, of_other_content, of_a_day_to_come, signed_for_something_else, altered),
    lambda sam, of: "",
    lambda sam, of: "2026-11-22T10:00:00+00:00",
    lambda sam, of: "\x00" * 9,
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_seal_that_is_missing_or_forged_leaves_it_unknown_and_refuses_nothing(
    as_sam, waiting, sam, clock, forge
):
    page = page_of(as_sam, waiting)
    of = opening.content(waiting.reference, hidden(page, "revision"))

    response = post(as_sam, "request-approve", waiting, typed_on(page, opened=forge(sam, of)))

    assert response.status_code == 303
    assert lives.again(waiting).state == State.APPROVED
    assert "opened_at" not in Entry.objects.get(event="request.approved").after


def test_looking_writes_nothing(as_sam, waiting, clock):
    before = Entry.objects.count()

    page_of(as_sam, waiting)
    as_sam.get("/review/")

    assert Entry.objects.count() == before
