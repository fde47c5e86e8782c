"""The pages of the history: who sees what, filters, paging, the spreadsheet."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import override_settings
from django.urls import reverse

from accounts.roles import OPERATOR
from promoflow.audit import selectors
from promoflow.audit import services as audit
from promoflow.audit.models import PEOPLES, Entry
from tests import cast
from tests.promotions import lives

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def write(store, count, *, by=None, start=NOW, **fields):
    return [
        audit.record("store.changed", by=by, at=start + timedelta(minutes=n), on=store, **fields)
        for n in range(count)
    ]


@pytest.fixture
def borealis(aurora):
    """Another store, with a manager of its own."""
    return cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=cast.person("Boris"))


def sight(user):
    return selectors.sight_of(user)


def shown(user, **filters):
    return selectors.page(sight=sight(user), wanted=selectors.Wanted(**filters), size=1000).entries


def test_people_see_the_entries_of_their_stores_and_no_others(aurora, borealis, olivia, stranger, root):
    [ours], [theirs] = write(aurora, 1), write(borealis, 1)

    assert ours in shown(olivia)
    assert theirs not in shown(olivia)
    assert shown(stranger) == shown(root) == []


def test_a_deactivated_person_sees_nothing(aurora, olivia):
    write(aurora, 1)
    olivia.is_active = False

    assert shown(olivia) == []


def test_sign_ins_are_seen_by_auditors_managers_and_their_own_person(olivia, oscar, ada, mia):
    entry = audit.record("person.signed_in", by=olivia, at=NOW, on=olivia)

    for person in (olivia, ada, mia):
        assert entry in shown(person)
        assert sight(person).covers(entry)
    assert entry not in shown(oscar)
    assert not sight(oscar).covers(entry)


def test_each_filter_narrows(aurora, borealis, olivia, mia):
    cast.grant(mia, borealis, OPERATOR)
    [hers] = write(aurora, 1, by=olivia, start=NOW - timedelta(days=3), asins=["B0AURORA01", "B0AURORA02"])
    [clocks] = write(aurora, 1, asins=["B0AURORA02"])
    [elsewhere] = write(borealis, 1, asins=["B0AURORA02"])
    refused = audit.record("request.approve_refused", by=olivia, at=NOW, on=aurora, outcome="refused")

    assert shown(mia, person=olivia.pk) == [refused, hers]
    assert shown(mia, event="request.approve_refused") == [refused]
    assert shown(mia, outcome="refused") == [refused]
    assert shown(mia, asin="B0AURORA01") == [hers]
    assert shown(mia, asin="B0AURORA02") == [elsewhere, clocks, hers]
    assert shown(mia, asin="B0AURORA02", store=aurora.pk) == [clocks, hers]
    assert shown(mia, asin="B0AURORA02", person=olivia.pk) == [hers]
    assert shown(mia, asin="B0AURORA02", event="store.added", outcome="done") == []
    assert shown(mia, event="store.changed", until=NOW) == [hers]
    assert shown(mia, event="store.changed", since=NOW) == [elsewhere, clocks]
    assert {entry.subject for entry in shown(mia, subject="Borealis DE")} == {"Borealis DE"}
    assert shown(mia, store=10**9) == []


def walk(user, *, size, insert=None, **filters):
    """All pages downwards; `insert` is called between them."""
    entries, before = [], None
    while True:
        page = selectors.page(sight=sight(user), wanted=selectors.Wanted(**filters), before=before, size=size)
        entries += page.entries
        if insert:
            insert()
        if page.older is None:
            return entries
        before = page.older


def test_paging_shows_each_entry_once_also_those_of_one_instant(aurora, olivia):
    at_once = [audit.record("store.changed", by=olivia, at=NOW, on=aurora) for _ in range(7)]
    later = write(aurora, 6, start=NOW + timedelta(minutes=1))

    assert walk(olivia, size=3, event="store.changed") == [*reversed(later), *reversed(at_once)]


def test_new_entries_move_no_page(aurora, olivia):
    entries = write(aurora, 10)

    seen = walk(
        olivia,
        size=3,
        event="store.changed",
        insert=lambda: write(aurora, 2, start=NOW + timedelta(days=1)),
    )

    assert seen == list(reversed(entries))


def test_going_back_up_shows_the_same_pages(aurora, olivia):
    entries = list(reversed(write(aurora, 10)))
    wanted = selectors.Wanted(event="store.changed")

    def page(**place):
        return selectors.page(sight=sight(olivia), wanted=wanted, size=3, **place)

    first = page()
    second = page(before=first.older)
    third = page(before=second.older)
    back = page(after=third.newer)
    top = page(after=back.newer)

    assert first.newer is None
    assert [first.entries, second.entries, third.entries] == [entries[:3], entries[3:6], entries[6:9]]
    assert (back.entries, top.entries) == (second.entries, first.entries)
    assert top.newer is None
    assert (
        page(after=first.entries and selectors.Mark(first.entries[0].at, first.entries[0].pk)).entries == []
    )


@pytest.mark.parametrize("made_up", ["", "x", "1", "1-", "-1", "1-2-3", "9" * 17 + "-1", "1'--2"])
def test_a_made_up_place_is_no_place(made_up):
    assert selectors.Mark.read(made_up) is None


def test_a_place_survives_its_address():
    for mark in (selectors.Mark(NOW, 7), selectors.Mark(NOW.replace(microsecond=123457), 2**60)):
        assert selectors.Mark.read(str(mark)) == mark


def test_the_page_shows_who_did_what_and_why(client, aurora, olivia):
    write(aurora, 1, by=olivia, why="<b>renamed</b> for the season", states=("draft", "in_review"))
    client.force_login(olivia)

    text = client.get(reverse("history")).content.decode()

    for part in ("Olivia", "Changed the store", "&lt;b&gt;renamed&lt;/b&gt; for the season", "In review"):
        assert part in text
    assert "<b>renamed" not in text


def test_htmx_gets_the_list_alone(client, aurora, olivia):
    client.force_login(olivia)

    text = client.get(reverse("history"), headers={"HX-Request": "true"}).content.decode()

    assert text.lstrip().startswith('<div class="card" id="entries"')


def test_the_request_filter_understands_how_people_write_references(client, aurora, olivia):
    client.force_login(olivia)

    for typed in ("PR-1042", "pr 1042", " 1042 "):
        form = client.get(reverse("history"), {"subject": typed}).context["form"]
        assert form.wanted.subject == "PR-1042"


def offered(client, person):
    client.force_login(person)
    return {one.name for one in client.get(reverse("history")).context["form"].fields["person"].queryset}


def test_people_are_offered_who_acted_in_what_is_seen_or_had_a_role_there(
    client, aurora, borealis, olivia, oscar, ada, stranger
):
    cast.revoke(oscar, aurora, OPERATOR)
    write(borealis, 1, by=stranger)
    audit.record("person.signed_in", by=stranger, at=NOW, on=stranger)
    roles_of_aurora = {"Mia", "Olivia", "Oscar", "Ada", "Root"}

    assert offered(client, olivia) == roles_of_aurora
    assert offered(client, ada) == roles_of_aurora | {"Stranger"}


def test_nobody_is_offered_to_whom_nothing_is_shown(client, aurora, olivia, stranger):
    assert offered(client, stranger) == set()

    answer = client.get(reverse("history"), {"person": olivia.pk})

    assert answer.status_code == 422
    assert "You see nothing that this person did." in answer.content.decode()
    assert "Olivia" not in answer.content.decode()


def test_the_days_are_the_readers_own_and_the_last_one_counts_whole(client, aurora, olivia):
    client.force_login(olivia)

    with override_settings(TIME_ZONE="UTC"):
        form = client.get(reverse("history"), {"since": "2026-11-22", "until": "2026-11-22"}).context["form"]

    # Olivia lives in Shanghai.
    assert form.wanted.since == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert form.wanted.until == datetime(2026, 11, 22, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"since": "2026-02-02", "until": "2026-01-01"}, {"event": "x"}]
)
def test_a_filter_that_cannot_be_read_is_named_and_shows_nothing(client, aurora, olivia, query):
    client.force_login(olivia)

    answer = client.get(reverse("history"), query)

    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert answer.context["page"].entries == []
    assert client.get(reverse("history-csv"), query).status_code == 422


def test_an_entry_shows_all_that_it_holds_and_that_it_holds(client, aurora, olivia):
    [entry] = write(
        aurora,
        1,
        by=olivia,
        before={"name": "Old"},
        after={"name": "New"},
        revision=b"\xab\xcd",
        report=b"\xef",
    )
    cast.committed()
    client.force_login(olivia)

    text = client.get(reverse("history-entry", args=[entry.pk])).content.decode()

    for part in ("Old", "New", "abcd", "ef", entry.link.row_hash.hex(), "the entry matches its hash"):
        assert part in text


def test_the_neighbours_are_those_that_the_reader_may_see(client, aurora, borealis, olivia):
    [before] = write(aurora, 1)
    write(borealis, 1)
    [entry] = write(aurora, 1)
    [after] = write(aurora, 1)
    cast.committed()
    client.force_login(olivia)

    text = client.get(reverse("history-entry", args=[entry.pk])).content.decode()

    for rel, pk, said in (("prev", before.pk, "Entry before"), ("next", after.pk, "Entry after")):
        address = reverse("history-entry", args=[pk])
        assert re.search(rf'rel="{rel}"\s+href="{address}"', text)
        assert said in text


def test_what_the_database_wrote_leads_to_its_deed(client, aurora, borealis, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    cast.committed()
    deed = Entry.objects.filter(PEOPLES, subject=request.reference).order_by("-pk").first()
    rows = Entry.objects.filter(event="rows.changed", txid=deed.txid).order_by("-pk").first()
    address = reverse("history-entry", args=[rows.pk])
    client.force_login(olivia)

    led = client.get(address)

    assert led.status_code == 303
    assert client.get(led.url).context["entry"].txid == deed.txid
    client.force_login(cast.person("Nobody"))
    assert client.get(address).status_code == 404


def test_an_altered_entry_says_so_on_its_page(client, aurora, olivia):
    [entry] = write(aurora, 1)
    cast.committed()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_entry SET why = 'forged' WHERE id = %s", [entry.pk])
    client.force_login(olivia)

    text = client.get(reverse("history-entry", args=[entry.pk])).content.decode()

    assert "does not match its hash" in text


def test_an_entry_of_another_store_does_not_exist(client, borealis, olivia):
    [entry] = write(borealis, 1)
    client.force_login(olivia)

    assert client.get(reverse("history-entry", args=[entry.pk])).status_code == 404
    assert client.get(reverse("history-entry", args=[10**9])).status_code == 404


def test_the_spreadsheet_holds_what_the_filter_shows_and_runs_nothing(client, aurora, borealis, olivia):
    write(aurora, 3, by=olivia, why="=HYPERLINK(1)", after={"a": "=1"})
    write(borealis, 1)
    client.force_login(olivia)

    answer = client.get(reverse("history-csv"), {"event": "store.changed"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert len(rows) == 3
    assert rows[0]["why"] == "'=HYPERLINK(1)"
    assert rows[0]["who"] == "Olivia"
    assert (rows[0]["account"], rows[0]["e-mail"]) == (str(olivia.pk), "olivia@example.com")
    assert rows[0]["on account"] == ""
    assert rows[0]["at (UTC)"] == "2026-11-22T12:02:00+00:00"


def test_two_of_one_name_are_told_apart_by_their_accounts(client, aurora, mia):
    for email in ("pat@example.com", "pat2@example.com"):
        cast.grant(cast.person("Pat", email=email), aurora, OPERATOR)
    client.force_login(mia)

    page = client.get(reverse("history")).content.decode()
    answer = client.get(reverse("history-csv"), {"event": "role.granted"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert "Pat (pat@example.com)" in page
    assert "Pat (pat2@example.com)" in page
    assert [row["on e-mail"] for row in rows if row["on"] == "Pat"] == ["pat2@example.com", "pat@example.com"]


def test_everything_is_read_a_thousand_at_a_time(aurora, olivia):
    Entry.objects.bulk_create(
        Entry(at=NOW + timedelta(seconds=n // 3), event="store.changed", store_id=aurora.pk)
        for n in range(2500)
    )

    keys = [
        entry.pk
        for entry in selectors.everything(sight=sight(olivia), wanted=selectors.Wanted(event="store.changed"))
    ]

    assert len(keys) == len(set(keys)) == 2500
    assert keys == sorted(keys, reverse=True)


def test_a_record_shows_its_timeline(aurora, olivia):
    audit.record("store.changed", by=olivia, at=NOW, on=aurora, why="first")
    audit.record("person.added", by=olivia, at=NOW, on=olivia, store=aurora, why="another record")

    text = Template("{% load history %}{% timeline store %}").render(Context({"store": aurora}))

    assert text.index("Added the store") < text.index("Changed the store")
    assert "first" in text
    assert "another record" not in text


def test_a_short_change_is_read_in_the_list(client, aurora, olivia):
    write(
        aurora,
        1,
        by=olivia,
        before={"floor_price": "9.99"},
        after={"floor_price": "12.50", "token": "x" * 40},
    )
    client.force_login(olivia)

    text = client.get(reverse("history"), {"event": "store.changed"}).content.decode()

    assert "floor price: $9.99 → $12.50" in text
    assert "xxxx" not in text


def test_what_stayed_as_it_was_is_not_read_in_the_list(client, aurora, olivia):
    write(
        aurora,
        1,
        by=olivia,
        before={"language": "en", "time_zone": "Asia/Shanghai"},
        after={"language": "zh-hans", "time_zone": "Asia/Shanghai"},
    )
    client.force_login(olivia)

    text = client.get(reverse("history"), {"event": "store.changed"}).content.decode()

    assert "language: English → Simplified Chinese" in text
    assert "time zone:" not in text


def test_the_names_of_values_are_read_in_the_readers_language(client, aurora, olivia):
    before, after = ({"floor_price": amount, "B0AURORA01 floor": amount} for amount in ("9.99", "12.50"))
    write(aurora, 1, by=olivia, before=before, after=after)
    olivia.language = "zh-hans"
    olivia.save(update_fields=["language"])
    client.force_login(olivia)
    entry = Entry.objects.get(event="store.changed")

    listed = client.get(reverse("history"), {"event": "store.changed"}).content.decode()
    alone = client.get(reverse("history-entry", args=[entry.pk])).content.decode()

    assert "底价：$9.99 → $12.50" in listed
    assert "B0AURORA01 底价：$9.99 → $12.50" in listed
    assert 'title="floor_price" data-label="名称">底价</th>' in " ".join(alone.split())


def test_an_event_that_this_version_does_not_know_is_shown_by_its_name(client, aurora, olivia):
    entry = Entry.objects.create(at=NOW, event="drone.landed", store_id=aurora.pk, state_after="airborne")
    client.force_login(olivia)

    assert b"drone.landed" in client.get(reverse("history")).content
    assert b"drone.landed" in client.get(reverse("history-entry", args=[entry.pk])).content
