"""A page shows a request as the history tells that it stood, whatever has become of it since."""

import html
import re

import pytest
from django.db import connection
from django.urls import reverse

from accounts.roles import MANAGER
from promoflow.audit.models import PEOPLES, Entry
from promoflow.promotions.services import drafting, running
from tests import cast
from tests.promotions import lives
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ended(aurora, olivia, sam):
    """It was returned once, edited, approved, marked live and stopped."""
    request = lives.submitted(aurora, lives.coupon(percent="15.00"), by=olivia)
    lives.send_back(request, by=sam, note="Less.")
    less = lives.coupon(percent="10.00")
    drafting.edit(reference=request.reference, revision=1, typed=less, by=olivia, at=lives.NOW)
    lives.submit(lives.again(request), by=olivia)
    lives.approve(lives.again(request), by=sam)
    request = lives.again(request)
    lives.go_live(request, by=olivia)
    running.stop(reference=request.reference, by=olivia, at=lives.NOW)
    return lives.again(request)


def entry_of(event):
    return Entry.objects.filter(PEOPLES, event=event).latest("pk")


def stood(client, request, event):
    address = reverse("request-stood", args=[request.reference, entry_of(event).link.seq])
    page = client.get(address).content.decode()
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split()))


def test_each_step_shows_the_state_content_and_decisions_of_then(client, ended, olivia, sam):
    client.force_login(sam)

    submitted = stood(client, ended, "request.returned")
    approved = stood(client, ended, "request.approved")
    live = stood(client, ended, "request.marked_live")
    over = stood(client, ended, "request.stopped")

    assert "Draft" in submitted
    assert "Takes off 15" in submitted
    assert f"Returned · {sam}" in submitted
    assert "Approved ·" not in submitted
    assert "Takes off 10" in approved
    assert f"Approved · {sam}" in approved
    assert "Products held 1" in approved
    assert "Marked live not yet" in approved
    assert f"Marked live {olivia}" in live
    assert "Stopped" not in live
    assert f"Stopped {olivia}" in over


def test_it_is_read_from_the_history_and_not_from_the_tables(client, ended, sam):
    client.force_login(sam)
    with unguarded("promotions_decision"), connection.cursor() as cursor:
        cursor.execute("UPDATE promotions_decision SET note = 'Forged.', verdict = 'return'")

    page = stood(client, ended, "request.approved")

    assert f"Approved · {sam}" in page
    assert "Forged." not in page


def test_what_was_not_there_yet_is_not_found(client, ended, sam):
    client.force_login(sam)
    first = Entry.objects.get(event="store.added").link.seq

    for seq in (first, 10**9):
        address = reverse("request-stood", args=[ended.reference, seq])
        assert client.get(address).status_code == 404


def test_an_overseer_reads_what_the_database_wrote_beside_the_entry(client, aurora, ended, olivia):
    manager = cast.grant(cast.person("Margaret"), aurora, MANAGER)
    entry = entry_of("request.approved")
    address = reverse("history-entry", args=[entry.pk])

    client.force_login(manager)
    page = client.get(address).content.decode()
    client.force_login(olivia)
    operators = client.get(address).content.decode()

    assert "promotions_decision" in page
    assert reverse("request-stood", args=[ended.reference, entry.link.seq]) in page
    assert "promotions_decision" not in operators


def test_the_databases_own_entries_lead_to_their_deed_and_are_not_listed(client, aurora, ended):
    manager = cast.grant(cast.person("Margaret"), aurora, MANAGER)
    client.force_login(manager)
    fact = Entry.objects.filter(event="rows.changed").latest("pk")

    led = client.get(reverse("history-entry", args=[fact.pk]))

    deed = Entry.objects.get(pk=led.url.rstrip("/").rpartition("/")[2])
    assert (led.status_code, deed.txid) == (303, fact.txid)
    assert deed.event != "rows.changed"
    assert "Changed rows" not in client.get(reverse("history")).content.decode()


def test_from_place_to_place_one_walks_over_what_the_database_wrote(client, aurora, ended):
    manager = cast.grant(cast.person("Margaret"), aurora, MANAGER)
    client.force_login(manager)
    entry = entry_of("request.approved")

    page = client.get(reverse("history-entry", args=[entry.pk])).content.decode()
    beside = re.findall(r'rel="(?:prev|next)"\s+href="([^"]+)"', page)

    assert len(beside) == 2
    assert [client.get(address).status_code for address in beside] == [200, 200]
