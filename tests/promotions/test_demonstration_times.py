"""The demonstration at other times: told at any moment of the year, and gone on with after a kill."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.audit.models import PEOPLES, Entry
from promoflow.catalog.models import Store
from promoflow.policies import selectors as policies
from promoflow.promotions import selectors
from promoflow.promotions.management.demonstration import loading, past, people, present
from promoflow.promotions.management.demonstration.clock import ZONE, Clock
from promoflow.promotions.management.demonstration.deeds import Deed
from promoflow.promotions.models import State
from promoflow.rulebook import limits

HOUR = timedelta(hours=1)
# A night and a morning in Los Angeles, around the days on which clocks change there, and a new year.
MOMENTS = [
    datetime(2026, 11, 22, 8, 3, tzinfo=UTC),
    datetime(2026, 11, 22, 19, 41, tzinfo=UTC),
    datetime(2026, 11, 1, 7, 30, tzinfo=UTC),
    datetime(2026, 11, 5, 9, 30, tzinfo=UTC),
    datetime(2027, 3, 8, 10, 15, tzinfo=UTC),
    datetime(2027, 3, 14, 12, 0, tzinfo=UTC),
    datetime(2027, 1, 1, 7, 59, tzinfo=UTC),
]


@pytest.mark.django_db
@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_story_can_be_told_at_any_moment(now):
    clock, policy = Clock(now), policies.current()

    for life in loading.lives(clock):
        told = [life.at, *(deed.at for deed in life.deeds), now]
        assert told == sorted(told), life.what
        if life.amends:
            # It begins with the content of what it amends, which was in time.
            continue
        content = {**life.typed, "currency": "USD", "covered": life.typed["asins"]}
        assert limits.problems(content, policy=policy, zone=ZONE, now=life.at) == (), life.what
    assert max(clock.day(part.joined) for part in people.CAST) < now


@pytest.fixture
def half_told(monkeypatch):
    """A load that was killed in its middle; how many entries it made."""
    kept = present.verified

    def killed(_cast, _request):
        raise KeyboardInterrupt

    monkeypatch.setattr(present, "verified", lambda at, **_by: Deed(at, killed))
    with pytest.raises(KeyboardInterrupt):
        loading.load(at=MOMENTS[2])
    monkeypatch.setattr(present, "verified", kept)
    return Entry.objects.filter(PEOPLES).count()


@pytest.fixture
def another_story(monkeypatch):
    """Tells what a desk of another version tells: it lacks a life in the middle."""

    def tell_it():
        kept = past.lives
        monkeypatch.setattr(past, "lives", lambda clock: kept(clock)[1:])

    return tell_it


@pytest.mark.django_db(transaction=True)
def test_a_load_that_was_killed_goes_on(half_told):
    """Gone on with hours later, it ends as if nothing had happened."""
    now = MOMENTS[2]

    assert loading.load(at=now + 3 * HOUR)

    store = Store.objects.get(name=loading.NAME)
    stages = set(selectors.with_stage(store.requests.all(), now).values_list("stage", flat=True))
    told = list(Entry.objects.filter(PEOPLES).order_by("pk").values_list("at", flat=True))
    assert 20 < half_told < len(told)
    assert stages == {*State.values, "scheduled", "cooling"}
    assert told == sorted(told)
    assert loading.load(at=now + 4 * HOUR) is False
    assert audit.verify().trouble == ""


@pytest.mark.django_db(transaction=True)
def test_what_was_told_is_never_told_again_by_a_version_with_another_story(another_story):
    loading.load(at=MOMENTS[2])
    before = Entry.objects.count()
    another_story()

    assert loading.load(at=MOMENTS[2] + 3 * HOUR) is False
    assert Entry.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_what_was_half_told_is_not_gone_on_with_by_another_story(half_told, another_story):
    another_story()

    assert loading.load(at=MOMENTS[2] + 3 * HOUR) is False
    assert Entry.objects.filter(PEOPLES).count() == half_told


@pytest.mark.django_db
def test_it_is_loaded_in_the_demo_only(settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="PROMOFLOW_DEMO=1"):
        call_command("load_demo")

    assert not User.objects.exists()
