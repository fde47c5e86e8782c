"""Words in the history: what is found, by whom, and at what cost."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.audit import searching, selectors
from promoflow.audit import services as audit
from promoflow.audit.models import Entry, SavedSearch
from promoflow.audit.services import saving
from promoflow.errors import Blocked
from tests import cast
from tests.audit import rows

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["looked at", "by index"], autouse=True)
def way(request, monkeypatch):
    """Both ways to an entry find the same: among the newest, and by index."""
    if request.param == "by index":
        monkeypatch.setattr(searching, "LOOKED_AT", 0)
    return request.param


def say(store, why="", *, by=None, minute=0, **fields):
    return audit.record(
        "store.changed", by=by, at=NOW + timedelta(minutes=minute), on=store, why=why, **fields
    )


def found(user, words, **filters):
    wanted = selectors.Wanted(words=words, **filters)
    return selectors.page(sight=selectors.sight_of(user), wanted=wanted).entries


def test_words_are_found_in_why_names_and_values_in_any_case(aurora, mia, olivia):
    why = say(aurora, "Too dear for Autumn", minute=1)
    values = say(aurora, before={"title": "Old autumn lamp"}, after={"title": "Winter lamp"}, minute=2)
    named = say(aurora, by=olivia, minute=3)
    say(aurora, "Nothing of it", minute=4)

    assert found(mia, "AUTUMN") == [values, why]
    assert found(mia, "autumn lamp") == [values]
    assert found(mia, "winter") == [values]
    assert named in found(mia, "olivia")
    assert found(mia, "autumn lampe") == []


def test_chinese_is_found_by_one_character_or_more(aurora, mia):
    lamp = say(aurora, "台灯促销太便宜", minute=1)
    other = say(aurora, after={"标题": "灯台 for 2026"}, minute=2)

    assert found(mia, "台灯") == [lamp]
    assert found(mia, "促") == [lamp]
    assert found(mia, "灯") == [other, lamp]
    assert found(mia, "灯台 FOR") == [other]
    assert found(mia, "促台") == []


@pytest.mark.parametrize("words", ["100%", "a_b_c1", "back\\slash", "it's 'so'", "(abc.*)"])
def test_signs_mean_themselves(aurora, mia, words):
    hit = say(aurora, f"Well: {words}, said.", minute=1)
    say(aurora, "Well: 1000, axbxc1, backslash, its so, abcdef, said.", minute=2)

    assert found(mia, words) == [hit]


@pytest.mark.parametrize("words", ['27" monitor', "back\\to\\school", '"Prime" 周', "two\tcolumns"])
def test_signs_mean_themselves_in_values_too(aurora, mia, words):
    """There each stands with a backslash before it."""
    before = say(aurora, before={"title": f"Arm for {words} week"}, minute=1)
    after = say(aurora, after={"titles": [{"x": f"Arm for {words} week"}]}, minute=2)
    say(aurora, after={"title": "Arm for 27 monitor, back to school, Prime 周, two columns"}, minute=3)

    assert found(mia, words) == [after, before]


def test_nobody_finds_an_entry_of_a_store_that_they_do_not_see(aurora, mia, olivia, stranger):
    boris = cast.person("Boris")
    borealis = cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=boris)
    say(borealis, "secret of theirs", minute=1)
    ours = say(aurora, "secret of ours", minute=2)
    audit.record("person.signed_in", by=boris, at=NOW, on=boris, why="secret sign-in")

    assert found(olivia, "secret") == [ours]
    assert found(stranger, "secret") == []
    assert len(found(boris, "secret")) == 2


def test_other_filters_narrow_what_is_found(aurora, mia, olivia):
    first = say(aurora, "a common word", by=olivia, asins=["B0AURORA01"], minute=1)
    second = say(aurora, "a common word", by=mia, asins=["B0AURORA02"], minute=2)

    assert found(mia, "common", person=olivia.pk) == [first]
    assert found(mia, "common", asin="B0AURORA02") == [second]
    assert found(mia, "common", event="request.approved") == []
    assert found(mia, "common", since=NOW + timedelta(minutes=2)) == [second]


def test_pages_of_what_is_found_show_each_once(aurora, mia):
    said = [say(aurora, "every second" if n % 2 else "another", minute=n // 3) for n in range(60)]
    sight, wanted = selectors.sight_of(mia), selectors.Wanted(words="every second")
    seen, before = [], None
    while True:
        page = selectors.page(sight=sight, wanted=wanted, before=before, size=7)
        seen += page.entries
        if page.older is None:
            break
        before = page.older

    assert seen == sorted(said[1::2], key=lambda entry: (entry.at, entry.pk), reverse=True)
    up = selectors.page(sight=sight, wanted=wanted, after=selectors.Mark(seen[7].at, seen[7].pk), size=7)
    assert up.entries == seen[:7]


def test_what_the_database_writes_by_itself_is_not_searched(aurora, mia):
    Entry.objects.create(
        at=NOW, event="rows.changed", store_id=aurora.pk, store_name="Aurora", after={"title": "hidden word"}
    )

    assert found(mia, "hidden word") == []


def test_all_that_is_found_goes_into_the_spreadsheet(client, aurora, mia):
    rows.fill(3000, stores=[aurora.pk], people=[mia.pk], events=["store.changed"])
    client.force_login(mia)

    sheet = b"".join(client.get(reverse("history-csv"), {"words": "reason of ordinary"}).streaming_content)
    lot = b"".join(client.get(reverse("history-csv"), {"words": "lot 77"}).streaming_content)

    assert sheet.count(b"\n") == 3001
    assert lot.count(b"\n") == 31


# --- The page -------------------------------------------------------------------------------------------


def page_of(client, **asked):
    return client.get(reverse("history"), asked)


def test_the_page_marks_where_the_words_stand_and_runs_nothing(client, aurora, mia):
    say(aurora, "<b>Autumn</b> & more")
    say(aurora, before={"title": "x"}, after={"title": "An <i>autumn</i> lamp"}, minute=1)
    client.force_login(mia)

    page = page_of(client, words="autumn").content.decode()

    assert "&lt;b&gt;<mark>Autumn</mark>&lt;/b&gt; &amp; more" in page
    assert "title: An &lt;i&gt;<mark>autumn</mark>&lt;/i&gt; lamp" in page


@pytest.mark.parametrize("words", ["ab", "5%", "a-b", "..."])
def test_too_little_to_look_for_is_said_beside_the_field(client, mia, words):
    client.force_login(mia)

    response = page_of(client, words=words)

    assert response.status_code == 422
    assert "Type at least three letters or digits in a row" in response.content.decode()
    assert f'value="{words}"' in response.content.decode()


def test_a_click_narrows_and_keeps_the_rest(client, aurora, mia, olivia):
    say(aurora, "a common word", by=olivia, asins=["B0AURORA01"])
    client.force_login(mia)

    page = page_of(client, words="common", before="1-1").content.decode()
    page = page_of(client, words="common").content.decode()

    addresses = re.findall(r'href="(/history/\?[^"]*)"', page)
    assert f"/history/?words=common&amp;person={olivia.pk}" in addresses
    assert "/history/?words=common&amp;event=store.changed" in addresses
    assert "/history/?words=common&amp;asin=B0AURORA01" in addresses
    assert "/history/?words=common&amp;subject=Aurora+US" in addresses


# --- Saved filters --------------------------------------------------------------------------------------


def test_a_filter_is_saved_applied_and_deleted(client, aurora, mia, olivia):
    say(aurora, "a common word", by=olivia)
    client.force_login(mia)
    asked = f"words=common&person={olivia.pk}&since=2026-11-01&evil=1"

    response = client.post(reverse("search-save"), {"query": asked, "name": " Hers "})
    page = client.get(response.url).content.decode()

    kept = SavedSearch.objects.get()
    assert (kept.name, kept.query, kept.saved_by) == (
        "Hers",
        f"words=common&person={olivia.pk}&since=2026-11-01",
        mia,
    )
    assert response.url == f"/history/?{kept.query}"
    assert "“Hers” is saved." in page
    assert 'aria-current="true"' in page
    assert "a <mark>common</mark> word" in page
    assert client.post(reverse("search-delete", args=[kept.pk])).status_code == 303
    assert not SavedSearch.objects.exists()


def test_saved_filters_are_their_persons_alone(client, aurora, mia, olivia):
    kept = saving.save(name="Mine", query="event=store.changed", by=mia, at=NOW)
    client.force_login(olivia)

    assert "Mine" not in page_of(client).content.decode()
    assert client.post(reverse("search-delete", args=[kept.pk])).status_code == 404
    assert SavedSearch.objects.exists()


def test_the_application_changes_none_and_nobody_saves_one_without_a_name_or_two_of_one(mia):
    saving.save(name="Mine", query="event=store.changed", by=mia, at=NOW)
    columns = "query, saved_at, saved_by_id"
    copy = f"INSERT INTO audit_savedsearch (name, {columns}) SELECT %s, {columns} FROM audit_savedsearch"

    for name, rule in (("  ", "a_saved_search_is_named"), ("Mine", "searches_of_a_person_have_names")):
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match=rule), transaction.atomic():
            cursor.execute(copy, [name])
    with connection.cursor() as cursor, pytest.raises(ProgrammingError), transaction.atomic():
        cursor.execute("SET LOCAL ROLE promoflow_app; UPDATE audit_savedsearch SET query = ''")

    assert SavedSearch.objects.get().query == "event=store.changed"


def test_the_same_name_gives_way_and_there_is_an_end(client, mia):
    for n in range(saving.MOST):
        saving.save(name=f"F{n}", query="event=store.changed", by=mia, at=NOW)
    saving.save(name="F1", query="event=role.granted", by=mia, at=NOW)

    with pytest.raises(Blocked, match="Delete one first"):
        saving.save(name="One more", query="event=store.changed", by=mia, at=NOW)

    assert SavedSearch.objects.get(name="F1").query == "event=role.granted"


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("", "Anything", "Nothing narrows the history"),
        ("evil=1", "Anything", "Nothing narrows the history"),
        ("event=store.changed", " ", "Name the filter"),
        ("event=store.changed&since=2026-13-45", "Anything", "This filter cannot be read"),
        ("event=store.changed&until=soon", "Anything", "This filter cannot be read"),
        ("event=no.such", "Anything", "This filter cannot be read"),
        ("words=ab&event=store.changed", "Anything", "This filter cannot be read"),
        ("since=2026-11-02&until=2026-11-01", "Anything", "This filter cannot be read"),
    ],
)
def test_a_filter_that_cannot_be_saved_says_why(client, mia, query, name, sentence):
    client.force_login(mia)

    response = client.post(reverse("search-save"), {"query": query, "name": name})

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not SavedSearch.objects.exists()


def test_nobody_saves_a_filter_that_narrows_nothing(mia):
    with pytest.raises(Blocked, match="Nothing narrows the history"):
        saving.save(name="Anything", query="", by=mia, at=NOW)

    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"since": "2026-13-45"}, "since", "Enter a valid date."),
        ({"until": "soon"}, "until", "Enter a valid date."),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "until", "This day is before the first one"),
        ({"event": "no.such"}, "event", "Select a valid choice."),
        ({"words": "ab"}, "words", "Type at least three letters or digits"),
    ],
)
def test_what_cannot_be_read_stands_beside_its_field_and_is_not_offered_to_be_saved(
    client, aurora, mia, typed, field, said
):
    saving.save(name="Mine", query="event=store.changed", by=mia, at=NOW)
    client.force_login(mia)

    response = page_of(client, **{"subject": "PR-1042", **typed})

    page = response.content.decode()
    assert response.status_code == 422
    beside = page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
    assert said in beside
    assert 'value="PR-1042"' in page
    if field != "event":
        assert f'value="{typed[field]}"' in page
    assert "Save this filter" not in page
    assert ">Mine</a>" in page


def test_what_takes_too_long_is_given_up_with_a_way_out(client, aurora, mia, monkeypatch):
    monkeypatch.setattr(searching, "PATIENCE", timedelta(milliseconds=1))
    rows.fill(20_000, stores=[aurora.pk], people=[mia.pk], events=["store.changed"])
    client.force_login(mia)

    response = page_of(client, words="length of people")

    assert response.status_code == 422
    assert "Too many entries hold parts of these words." in response.content.decode()


def test_looking_at_the_newest_comes_first(aurora, mia, way):
    say(aurora, "a common word")

    with CaptureQueriesContext(connection) as queries:
        assert found(mia, "common")

    by_index = [query for query in queries if "audit_searched" in query["sql"] and "interval" in query["sql"]]
    assert len(by_index) == (1 if way == "by index" else 0)


def test_older_entries_of_new_rules_are_not_found_by_the_requests_that_they_hide(aurora, mia):
    old = {"blocked": ["PR-4711"], "rule": "Gentler"}
    told = audit.record("policy.published", by=mia, at=NOW, on=None, after=old)
    beside = say(aurora, "PR-4711 is safe", minute=1)

    assert found(mia, "PR-4711") == [beside]
    assert found(mia, "Gentler") == [told]
