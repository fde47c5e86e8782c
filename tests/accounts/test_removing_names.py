"""Somebody who has left loses the name on every page, and the history still proves what it was."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from accounts.roles import OPERATOR, SUPERVISOR
from accounts.services import people, removing
from promoflow.audit import naming
from promoflow.audit import services as audit
from promoflow.audit.models import PEOPLES, Entry
from promoflow.errors import NotAllowed, WrongState
from promoflow.outbox.models import Channel, Message
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import delegating, discussing
from tests import cast, languages
from tests.outbox.owing import added
from tests.promotions import lives

pytestmark = pytest.mark.django_db

NAME = "Wilhelmina Sturm"
EMAIL = "wilhelmina@example.com"
NOW = timezone.now()


@pytest.fixture
def gone(aurora, mia, oscar, sam):
    """An operator who drafted, commented, was mentioned, failed to sign in, and has left."""
    user = cast.grant(cast.person(NAME, email=EMAIL), aurora, OPERATOR)
    request = lives.submitted(aurora, lives.coupon(), by=user)
    discussing.say(
        reference=request.reference,
        by=oscar,
        at=lives.NOW,
        revision=bytes(request.newest.digest).hex(),
        body=f"Ask @{NAME} about it.",
    )
    audit.record("person.sign_in_failed", by=None, at=NOW, on=user, after={"email": EMAIL}, outcome="refused")
    return people.deactivate(user=user, by=mia, at=NOW)


@pytest.fixture
def manager(mia):
    return cast.two_step(mia)


def remove(user, *, by, at=NOW, confirmed_at=NOW):
    return removing.remove_name(user=user, by=by, at=at, confirmed_at=confirmed_at)


def last_entry():
    return Entry.objects.order_by("pk").last()


# --- Removing -------------------------------------------------------------------------------------------


def test_a_stand_in_takes_the_place_of_name_and_address(gone, manager):
    remove(gone, by=manager)

    user = User.objects.get(pk=gone.pk)
    assert user.name == f"Former colleague {gone.pk}"
    assert user.email == f"former-colleague-{gone.pk}@removed.invalid"
    assert (user.name_removed_at, user.name_removed_by) == (NOW, manager)
    assert user.person_id == gone.person_id


def test_the_entry_says_who_did_it_and_carries_no_name(gone, manager):
    remove(gone, by=manager)

    entry = last_entry()
    assert (entry.event, entry.actor, entry.subject_id) == ("person.name_removed", manager, gone.pk)
    assert NAME not in str((entry.subject, entry.before, entry.after, entry.why))
    assert EMAIL not in str((entry.subject, entry.before, entry.after, entry.why))


def test_what_is_personal_goes_along(gone, manager, service):
    gone.is_active = True
    channel = added(gone, name="Mine")
    cast.two_step(gone)

    remove(User.objects.get(pk=gone.pk), by=manager)

    channel = Channel.objects.get(pk=channel.pk)
    assert (channel.removed, channel.sealed, channel.masked) == (NOW, "", "")
    assert not gone.authenticator_set.exists()


def test_messages_that_are_kept_say_the_stand_in(gone, manager):
    assert Message.objects.filter(context__by=NAME).exists()

    remove(gone, by=manager)

    assert not any(NAME in str(message.context) for message in Message.objects.all())
    assert Message.objects.filter(context__by=f"Former colleague {gone.pk}").exists()


def test_where_the_history_cannot_be_written_the_name_stays(gone, manager, monkeypatch):
    def refuse(*_, **__):
        raise OSError("the history's disk is full")

    monkeypatch.setattr(Entry.objects, "create", refuse)
    with pytest.raises(OSError, match="disk is full"):
        remove(gone, by=manager)

    assert User.objects.get(pk=gone.pk).name == NAME
    assert Message.objects.filter(context__by=NAME).exists()


# --- Refusals -------------------------------------------------------------------------------------------


def refused(kind, sentence, user, **deed):
    with pytest.raises(kind, match=sentence):
        remove(user, **deed)
    assert User.objects.get(pk=user.pk).name_removed_at is None
    entry = last_entry()
    assert (entry.event, entry.outcome) == ("person.remove_name_refused", "refused")


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_a_manager_of_their_stores_removes_a_name(request, gone, who):
    refused(NotAllowed, "Only a manager of every store", gone, by=cast.two_step(request.getfixturevalue(who)))


def test_a_manager_of_one_store_of_two_is_not_enough(gone, manager):
    other = cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=cast.person("Boris"))
    gone.groups.add(other.storegrouppermission_set.get(permission__codename="operate_store").group)

    refused(NotAllowed, "Only a manager of every store", gone, by=manager)


def test_nobody_removes_their_own(aurora, root):
    refused(NotAllowed, "Nobody removes their own name", root, by=root)


def test_the_name_of_somebody_active_stays(olivia, manager):
    refused(WrongState, r"Olivia \(olivia@example.com\) is active", olivia, by=manager)


def test_whoever_has_another_account_that_is_active_is_still_here(gone, manager):
    User.objects.filter(pk=cast.person("Mina").pk).update(person_id=gone.person_id)

    refused(WrongState, r"Mina \(mina@example.com\) is active", gone, by=manager)


def test_it_is_confirmed_with_a_code(gone, manager, root):
    refused(NotAllowed, "Confirm that it is you", gone, by=manager, confirmed_at=None)
    refused(NotAllowed, "Confirm that it is you", gone, by=manager, confirmed_at=NOW - timedelta(minutes=11))
    refused(NotAllowed, "needs two-step verification", gone, by=root)


def test_a_removed_name_is_removed_once_and_for_good(gone, manager):
    remove(gone, by=manager)

    with pytest.raises(WrongState, match="removed already"):
        remove(gone, by=manager)
    with pytest.raises(WrongState, match="removed for good"):
        people.reactivate(user=gone, by=manager, at=NOW)
    with pytest.raises(WrongState, match="removed for good"):
        people.rename(user=gone, name=NAME, by=manager, at=NOW)


# --- What pages show ------------------------------------------------------------------------------------


def _text(client, name, *arguments, **query):
    answer = client.get(reverse(name, args=arguments), query)
    assert answer.status_code == 200, name
    return _content(answer).decode()


def _content(answer):
    return b"".join(answer) if answer.streaming else answer.content


def test_no_page_shows_the_name(client, aurora, gone, manager):
    request = PromotionRequest.objects.get()
    seen = {
        "request": [request.reference],
        "request-dossier": [request.reference],
        "history": [],
        "history-csv": [],
        "store": [aurora.pk],
        "person": [gone.pk],
        "inbox": [],
    }
    client.force_login(manager)
    before = {name: _text(client, name, *arguments) for name, arguments in seen.items()}
    assert [name for name, text in before.items() if NAME not in text and name != "inbox"] == []

    remove(gone, by=manager)

    for name, arguments in seen.items():
        text = _text(client, name, *arguments)
        assert NAME not in text, name
        assert EMAIL not in text, name
        assert f"Former colleague {gone.pk}" in text or name == "inbox"


def test_a_chinese_page_says_the_stand_in_in_chinese_and_nothing_recorded_changes(
    client, aurora, gone, manager, sam, settings, tmp_path
):
    languages.teach(settings, tmp_path, {"Former colleague %(number)s": "前同事%(number)s"})
    manager.language = "zh-hans"
    manager.save(update_fields=["language"])
    request = PromotionRequest.objects.get()
    lives.approve(request, by=sam)
    remove(gone, by=manager)
    with translation.override("zh-hans"):
        late = audit.record("person.merged", by=manager, at=NOW, on=User.objects.get(pk=gone.pk))
    kept = list(Entry.objects.order_by("pk").values())
    decision = request.decisions.get()
    client.force_login(manager)

    for name, arguments in {
        "request": [request.reference],
        "request-dossier": [request.reference],
        "request-decision": [request.reference, decision.pk],
        "history": [],
        "history-entry": [late.pk],
        "store": [aurora.pk],
        "person": [gone.pk],
    }.items():
        text = _text(client, name, *arguments)
        assert NAME not in text, name
        assert f"Former colleague {gone.pk}" not in text, name
        assert f"前同事{gone.pk}" in text or name == "store", name
    report = client.get("/reports/approvers/?since=2026-01-01&until=2200-01-01").content.decode()
    assert f"前同事{gone.pk}" in report
    assert f"Former colleague {gone.pk}" not in report
    assert late.subject == User.objects.get(pk=gone.pk).name == f"Former colleague {gone.pk}"
    assert list(Entry.objects.order_by("pk").values())[: len(kept)] == kept


def test_in_english_it_is_what_is_stored(gone, manager):
    remove(gone, by=manager)

    user = User.objects.get(pk=gone.pk)

    assert str(user) == user.called == user.name == f"Former colleague {gone.pk}"


def test_no_entry_shows_the_name_and_each_says_so(client, gone, manager):
    remove(gone, by=manager)
    client.force_login(manager)
    cast.committed()
    named = [
        entry.pk
        for entry in Entry.objects.filter(PEOPLES).order_by("pk")
        if NAME in str(vars(entry)) or EMAIL in str(vars(entry))
    ]
    assert len(named) >= 5

    for pk in named:
        page = _text(client, "history-entry", pk)
        assert NAME not in page
        assert EMAIL not in page
        assert "A name in it was removed from all pages" in page


def test_no_report_shows_the_name(client, aurora, manager, olivia, sue):
    absent = cast.grant(cast.person(NAME, email=EMAIL), aurora, SUPERVISOR)
    request = lives.submitted(aurora, lives.coupon(), by=olivia)
    delegating.name(
        store=aurora,
        delegate=sue,
        starts_at=lives.NOW,
        ends_at=lives.NOW + timedelta(days=7),
        by=absent,
        at=lives.NOW,
    )
    lives.approve(request, by=sue)
    absent = people.deactivate(user=absent, by=manager, at=lives.NOW - timedelta(hours=12))
    client.force_login(manager)
    seen = {
        "/reports/overrides/": f"in place of {NAME}",
        "/reports/overrides.csv": f"in place of {NAME}",
        "/reports/deeds/": NAME,
        "/reports/deeds.csv": NAME,
    }
    everything = {"since": "2026-01-01", "until": "2200-01-01"}
    for address, told in seen.items():
        assert told in _at(client, address, everything), address

    remove(absent, by=manager)

    for address, told in seen.items():
        text = _at(client, address, everything)
        assert NAME not in text, address
        assert told.replace(NAME, f"Former colleague {absent.pk}") in text, address


def _at(client, address, query):
    return _content(client.get(address, query)).decode()


def test_an_entry_without_it_says_nothing_of_names(client, aurora, gone, manager):
    remove(gone, by=manager)
    other = audit.record("store.changed", by=manager, at=NOW, on=aurora, why="Another name.")
    client.force_login(manager)
    cast.committed()

    assert "A name in it was removed" not in _text(client, "history-entry", other.pk)


def test_the_row_keeps_it_and_still_matches_its_hash(gone, manager):
    entry = Entry.objects.filter(actor=gone).order_by("pk").first()
    remove(gone, by=manager)
    cast.committed()

    assert Entry.objects.get(pk=entry.pk).actor_name == NAME
    assert audit.verify().trouble == ""


def test_only_an_auditor_gets_a_receipt_with_the_name(client, aurora, gone, manager, ada):
    entry = Entry.objects.filter(actor=gone).order_by("pk").first()
    remove(gone, by=manager)
    address = reverse("history-receipt", args=[entry.pk])
    client.force_login(manager)

    answer = client.get(address)
    assert answer.status_code == 403
    assert "Ask an auditor" in answer.content.decode()

    client.force_login(ada)
    # Nothing is signed here: the auditor is refused for that alone.
    assert client.get(address).status_code == 409


# --- Names in texts -------------------------------------------------------------------------------------


def names(**called):
    return naming.Names({7: "Former colleague 7"}, dict.fromkeys(called["called"], "Former colleague 7"))


@pytest.mark.parametrize(
    ("called", "text", "shown"),
    [
        ("Wilhelmina Sturm", "Ask Wilhelmina Sturm.", "Ask Former colleague 7."),
        ("Wilhelmina Sturm", "Ask Wilhelmina Sturmer.", "Ask Wilhelmina Sturmer."),
        ("Mark", "Mark it live; @Mark knows.", "Mark it live; @Former colleague 7 knows."),
        ("Mark", "Mark", "Former colleague 7"),
        ("Mark", "@Marko knows", "@Marko knows"),
        ("王伟", "请问王伟。", "请问Former colleague 7。"),
        ("mark@example.com", "to mark@example.com now", "to Former colleague 7 now"),
    ],
)
def test_a_name_is_found_where_it_is_no_other_word(called, text, shown):
    assert names(called=[called]).text(text) == shown


def test_a_recorded_value_is_searched_however_deep():
    value = {"mentions": ["Mark", "Sue"], "number": 3, "more": {"by": "Mark"}}

    assert names(called=["Mark"]).value(value) == {
        "mentions": ["Former colleague 7", "Sue"],
        "number": 3,
        "more": {"by": "Former colleague 7"},
    }


def test_somebody_else_of_the_same_name_keeps_it(aurora, gone, manager):
    namesake = cast.person(NAME, email="other@example.com")
    remove(gone, by=manager)
    theirs = audit.record("store.changed", by=namesake, at=NOW, on=aurora, after={"by": NAME})

    [shown] = naming.shown([Entry.objects.get(pk=theirs.pk)])

    assert (shown.actor_name, shown.after["by"]) == (NAME, NAME)


def test_where_nobodys_name_is_removed_it_costs_one_query(aurora, olivia, django_assert_num_queries):
    entries = [audit.record("store.changed", by=olivia, at=NOW, on=aurora) for _ in range(20)]

    with django_assert_num_queries(1):
        assert naming.shown(entries) == entries


# --- The page that asks ---------------------------------------------------------------------------------


def test_a_manager_removes_it_with_a_code(client, gone, manager):
    client.force_login(manager)
    cast.confirmed(client, manager, minutes_ago=20)
    address = reverse("person-remove-name", args=[gone.pk])
    assert 'name="code"' in client.get(address).content.decode()

    wrong = client.post(address, {"code": ""})
    assert wrong.status_code == 422
    assert "Type the code" in wrong.content.decode()
    assert User.objects.get(pk=gone.pk).name == NAME

    done = client.post(address, {"code": cast.code()}, follow=True)

    assert done.status_code == 200
    assert f"Former colleague {gone.pk} stands in for it" in done.content.decode()


def test_the_keyboard_is_where_a_wrong_code_is_typed_again(client, gone, manager):
    client.force_login(manager)
    cast.confirmed(client, manager, minutes_ago=11)

    answer = client.post(reverse("person-remove-name", args=[gone.pk]), {"code": "000000"})

    assert answer.status_code == 422
    assert re.findall(r'id="([^"]+)"[^<>]*data-focus', answer.content.decode()) == ["code-remove-name"]


def test_looking_at_it_changes_nothing(client, gone, manager):
    client.force_login(manager)
    before = Entry.objects.count()

    client.get(reverse("person-remove-name", args=[gone.pk]))

    assert (Entry.objects.count(), User.objects.get(pk=gone.pk).name) == (before, NAME)


def test_somebody_active_is_not_asked_about(client, olivia, manager):
    client.force_login(manager)
    address = reverse("person-remove-name", args=[olivia.pk])

    assert (
        "is active: a name is removed only of somebody who has left" in client.get(address).content.decode()
    )
    assert client.post(address).status_code == 409
    assert last_entry().event == "person.remove_name_refused"
