"""Adding and changing stores."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from accounts.roles import MANAGER, OPERATOR, ROLES
from accounts.selectors import roles_on, store_names
from promoflow.audit.models import PEOPLES, Entry
from promoflow.catalog.models import Store, StoreGroupPermission
from promoflow.catalog.services import stores
from promoflow.catalog.services.stores import Facts
from promoflow.errors import NotAllowed, Stale, WrongState
from tests import cast

NOW = timezone.now()
GERMAN = {"name": "Borealis DE", "merchant_id": "A3BOREALIS12345", "marketplace_id": "A1PA6795UKMFR9"}


def change(store, *, by, seen=None, **to):
    seen = seen or Facts.of(store)
    return stores.change(store=store, seen=seen, to=seen._replace(**to), by=by, at=NOW)


def test_a_superuser_adds_the_first_store_and_names_its_manager(root):
    mia = cast.person("Mia")

    store = stores.add(**GERMAN, manager=mia, by=root, at=NOW)

    assert roles_on(store.pk) == {mia.pk: {MANAGER}}
    assert store_names({store.pk}) == {store.pk: "Borealis DE"}
    assert list(Entry.objects.filter(PEOPLES).order_by("pk").values_list("event", flat=True)) == [
        "store.added",
        "role.granted",
    ]


def test_a_new_store_has_a_group_for_each_role_and_nobody_in_them(root):
    store = stores.add(**GERMAN, manager=cast.person("Mia"), by=root, at=NOW)

    granted = StoreGroupPermission.objects.filter(content_object=store)
    assert set(granted.values_list("group__name", "permission__codename")) == {
        (f"store:{store.pk}:{role.code}", role.permission) for role in ROLES.values()
    }
    assert not Group.objects.filter(name=f"store:{store.pk}:{OPERATOR}", user__isnull=False).exists()


def test_a_manager_adds_a_second_store_with_somebody_else_as_its_manager(aurora, mia, oscar):
    store = stores.add(**GERMAN, manager=oscar, by=mia, at=NOW)

    assert roles_on(store.pk) == {oscar.pk: {MANAGER}}


def test_nobody_makes_themselves_the_manager_of_a_new_store(aurora, mia, root):
    for by in (mia, root):
        with pytest.raises(NotAllowed, match="nobody grants a role to themselves"):
            stores.add(**GERMAN, manager=by, by=by, at=NOW)


def test_nobody_makes_their_second_account_the_manager(aurora, mia):
    double = cast.person("Double", person_id=mia.person_id)

    with pytest.raises(NotAllowed, match="nobody grants a role to themselves"):
        stores.add(**GERMAN, manager=double, by=mia, at=NOW)


def test_a_deactivated_person_is_no_first_manager(root):
    with pytest.raises(WrongState, match="name somebody else"):
        stores.add(**GERMAN, manager=cast.person("Gone", is_active=False), by=root, at=NOW)


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_a_manager_adds_a_store(request, aurora, oscar, who):
    with pytest.raises(NotAllowed):
        stores.add(**GERMAN, manager=oscar, by=request.getfixturevalue(who), at=NOW)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"merchant_id": "12345"}, "starts with A"),
        ({"marketplace_id": "NOWHERE"}, "not a valid choice"),
        ({"name": ""}, "cannot be blank"),
        ({"name": "AURORA us"}, "Another store has this name"),
        (
            {"merchant_id": "A2AURORA1234567", "marketplace_id": "ATVPDKIKX0DER"},
            "already here",
        ),
    ],
)
def test_a_store_that_makes_no_sense_is_refused(aurora, root, oscar, change, sentence):
    with pytest.raises(ValidationError, match=sentence):
        stores.add(**GERMAN | change, manager=oscar, by=root, at=NOW)


def test_a_manager_changes_the_name_and_the_history_keeps_both(aurora, mia):
    change(aurora, name="Aurora America", by=mia)

    assert Store.objects.get(pk=aurora.pk).name == "Aurora America"
    entry = Entry.objects.filter(PEOPLES).order_by("pk").last()
    assert (entry.event, entry.before["name"], entry.after["name"]) == (
        "store.changed", "Aurora US", "Aurora America"
    )  # fmt: skip


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_its_manager_changes_a_store(request, aurora, who):
    with pytest.raises(NotAllowed):
        change(aurora, name="Mine", by=request.getfixturevalue(who))


def test_who_did_not_see_what_somebody_else_changed_changes_nothing(aurora, mia):
    seen = Facts.of(aurora)
    change(aurora, name="Aurora America", by=mia)

    with pytest.raises(Stale, match="Somebody changed this store") as refusal:
        change(aurora, seen=seen, merchant_id="A2OTHER12345678", by=mia)

    assert refusal.value.changes == ("Name: you saw Aurora US, it is Aurora America",)
    assert Facts.of(Store.objects.get()) == ("Aurora America", seen.merchant_id)
    assert Entry.objects.get(event="store.change_refused").store_name == "Aurora America"


def test_without_its_entry_no_store_is_added(root, monkeypatch):
    mia = cast.person("Mia")

    def broken(*args, **kwargs):
        raise DatabaseError("the history is full")

    monkeypatch.setattr("promoflow.audit.services.record", broken)

    with pytest.raises(DatabaseError):
        stores.add(**GERMAN, manager=mia, by=root, at=NOW)

    assert not Store.objects.exists()
