"""The pages of stores and of the roles on them, as each of the cast meets them."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import AUDITOR, MANAGER, OPERATOR, SUPERVISOR
from accounts.selectors import roles_of
from accounts.services import grants
from promoflow.audit.models import Entry
from promoflow.catalog.models import Store
from tests import cast, languages

GERMAN = {"name": "Borealis DE", "merchant_id": "a3borealis12345", "marketplace_id": "A1PA6795UKMFR9"}


def page(client, user, name, /, *args, **data):
    client.force_login(user)
    return client.post(reverse(name, args=args), data) if data else client.get(reverse(name, args=args))


def shown_in(response):
    """What a browser would send of the form on the page, had nobody typed anything."""
    form = response.context["form"]
    return {name: form[name].value() for name in form.fields}


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "mia"])
def test_everybody_with_a_role_reads_the_store(request, client, aurora, mia, who):
    user = request.getfixturevalue(who)

    response = page(client, user, "store", aurora.pk)

    assert response.status_code == 200
    assert "Aurora US" in response.content.decode()


def test_a_marketplace_is_called_in_the_readers_language_and_recorded_in_one(
    settings, tmp_path, client, aurora, olivia, root, mia
):
    languages.teach(settings, tmp_path, {"United States": "美国", "Germany": "德国"})
    for person in (olivia, root):
        person.language = "zh-hans"
        person.save(update_fields=["language"])

    for name, who, arguments in (
        ("store", olivia, [aurora.pk]),
        ("store-list", olivia, []),
        ("store-calendar", olivia, [aurora.pk]),
        ("request-new", olivia, []),
    ):
        assert "美国" in page(client, who, name, *arguments).text, name
    assert "德国 · amazon.de" in page(client, root, "store-new").text
    page(client, root, "store-new", **GERMAN, manager=mia.pk)
    entry = Entry.objects.filter(event="store.added").latest("pk")
    assert entry.after["marketplace"] == "Germany · amazon.de"


def test_a_store_is_not_there_for_a_stranger(client, aurora, stranger):
    assert page(client, stranger, "store", aurora.pk).status_code == 404
    assert (
        page(client, stranger, "store-grant", aurora.pk, person=stranger.pk, role=OPERATOR).status_code == 404
    )
    assert page(client, stranger, "store-change", aurora.pk).status_code == 404
    assert "Aurora US" not in page(client, stranger, "store-list").content.decode()


@pytest.mark.parametrize("who", ["olivia", "sam", "ada"])
def test_whoever_is_no_manager_reads_why_there_are_no_buttons(request, client, aurora, who):
    text = page(client, request.getfixturevalue(who), "store", aurora.pk).content.decode()

    assert "Only a manager of Aurora US may do this." in text
    assert reverse("store-grant", args=[aurora.pk]) not in text


def test_a_manager_grants_and_revokes_on_the_page(client, aurora, mia, stranger):
    granted = page(client, mia, "store-grant", aurora.pk, person=stranger.pk, role=AUDITOR)
    assert (granted.status_code, granted.url) == (303, reverse("store", args=[aurora.pk]))
    assert roles_of(stranger, aurora.pk) == {AUDITOR}

    revoked = page(client, mia, "store-revoke", aurora.pk, person=stranger.pk, role=AUDITOR)
    assert revoked.status_code == 303
    assert roles_of(stranger, aurora.pk) == set()


def test_ones_own_buttons_are_grey_and_say_why(client, aurora, mia, olivia):
    response = page(client, mia, "store", aurora.pk)

    mine, hers = response.context["rows"]
    assert [cell["why_not"] for cell in mine["cells"][:3]] == [
        "Nobody grants a role to themselves: ask another manager of Aurora US."
    ] * 3
    assert "last manager" in mine["cells"][3]["why_not"]
    assert not any(cell["why_not"] for cell in hers["cells"])
    assert "Nobody grants a role to themselves" in response.content.decode()


def test_a_refused_grant_is_403_and_changes_nothing(client, aurora, mia):
    response = page(client, mia, "store-grant", aurora.pk, person=mia.pk, role=SUPERVISOR)

    assert response.status_code == 403
    assert "Nobody grants a role to themselves" in response.content.decode()
    assert roles_of(mia, aurora.pk) == {MANAGER}
    assert Entry.objects.filter(event="role.grant_refused", actor=mia).exists()


def test_an_operator_who_posts_past_the_page_is_refused(client, aurora, olivia, oscar):
    response = page(client, olivia, "store-grant", aurora.pk, person=oscar.pk, role=SUPERVISOR)

    assert response.status_code == 403
    assert roles_of(oscar, aurora.pk) == {OPERATOR}


@pytest.mark.parametrize("data", [{"person": 0, "role": OPERATOR}, {"person": 1, "role": "owner"}])
def test_nonsense_is_422_beside_the_field(client, aurora, mia, data):
    response = page(client, mia, "store-grant", aurora.pk, **data)

    assert response.status_code == 422
    assert response.context["form"].errors


@pytest.mark.parametrize("name", ["store-grant", "store-revoke"])
def test_deeds_take_a_post(client, aurora, mia, name):
    assert page(client, mia, name, aurora.pk).status_code == 303


def test_a_manager_who_steps_back_is_led_to_the_list(client, aurora, mia):
    cast.grant(cast.person("Max"), aurora, MANAGER)

    response = page(client, mia, "store-revoke", aurora.pk, person=mia.pk, role=MANAGER)

    assert response.url == reverse("store-list")


def test_the_roles_of_the_deactivated_are_shown_asleep(client, aurora, mia):
    gone = cast.grant(cast.person("Gone"), aurora, AUDITOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    response = page(client, mia, "store", aurora.pk)

    assert "these roles are asleep" in response.content.decode()
    last = response.context["rows"][-1]
    assert "reactivate the account first" in last["cells"][0]["why_not"]
    assert last["cells"][2]["held"]


def test_two_accounts_of_one_human_are_shown_as_such(client, aurora, mia, olivia, twin):
    text = page(client, mia, "store", aurora.pk).content.decode()

    assert "the same human as Olivia" in text
    assert "the same human as Twin" in text


def test_the_list_of_stores_tells_ones_roles(client, aurora, olivia):
    response = page(client, olivia, "store-list")

    assert "Operator" in response.content.decode()
    assert response.context["people"] is None


def test_a_manager_sees_everybody_on_the_list(client, aurora, mia, stranger):
    assert "stranger@example.com" in page(client, mia, "store-list").content.decode()


def test_an_empty_desk_says_what_to_do_first(client, root, stranger):
    assert "Add the first store" in page(client, root, "store-list").content.decode()
    assert "A manager of your store grants one" in page(client, stranger, "store-list").content.decode()


def test_a_superuser_adds_the_first_store_on_the_page(client, root):
    mia = cast.person("Mia")

    response = page(client, root, "store-new", manager=mia.pk, **GERMAN)

    store = Store.objects.get()
    assert (response.status_code, response.url) == (303, reverse("store", args=[store.pk]))
    assert store.merchant_id == "A3BOREALIS12345"
    assert roles_of(mia, store.pk) == {MANAGER}


def test_the_first_manager_is_chosen_among_others(client, aurora, mia, olivia):
    response = page(client, mia, "store-new", manager=mia.pk, **GERMAN)

    assert response.status_code == 422
    assert "manager" in response.context["form"].errors
    assert response.context["form"]["name"].value() == "Borealis DE"


@pytest.mark.parametrize("who", ["olivia", "ada", "stranger"])
def test_only_a_manager_gets_the_form_for_a_store(request, client, aurora, who):
    assert page(client, request.getfixturevalue(who), "store-new").status_code == 403


def test_a_manager_changes_the_store_on_the_page(client, aurora, mia):
    opened = page(client, mia, "store-change", aurora.pk)
    assert opened.content.decode().count('type="hidden" name="seen_') == 2

    response = page(client, mia, "store-change", aurora.pk, **shown_in(opened) | {"name": "Aurora"})

    assert response.status_code == 303
    assert Store.objects.get(pk=aurora.pk).name == "Aurora"


def test_what_was_typed_stays_over_what_another_manager_changed(client, aurora, mia):
    typed = shown_in(page(client, mia, "store-change", aurora.pk)) | {"merchant_id": "A2OTHER12345678"}
    page(
        client, mia, "store-change", aurora.pk, **typed | {"merchant_id": aurora.merchant_id, "name": "Alpha"}
    )

    response = page(client, mia, "store-change", aurora.pk, **typed)

    assert response.status_code == 409
    assert "Name: you saw Aurora US, it is Alpha" in response.content.decode()
    again = shown_in(response)
    assert (again["name"], again["merchant_id"]) == ("Alpha", "A2OTHER12345678")
    assert page(client, mia, "store-change", aurora.pk, **again).status_code == 303
    store = Store.objects.get(pk=aurora.pk)
    assert (store.name, store.merchant_id) == ("Alpha", "A2OTHER12345678")


def test_a_store_that_makes_no_sense_is_422_and_keeps_what_was_typed(client, aurora, mia):
    response = page(client, mia, "store-change", aurora.pk, name="Aurora", merchant_id="12345")

    assert response.status_code == 422
    assert 'value="12345"' in response.content.decode()
    assert "Aurora US" in response.content.decode()


def test_an_operator_does_not_change_the_store(client, aurora, olivia):
    response = page(client, olivia, "store-change", aurora.pk, name="Mine", merchant_id=aurora.merchant_id)

    assert response.status_code == 403


def test_the_table_of_roles_does_not_ask_the_database_for_each_person(
    client, aurora, mia, django_assert_max_num_queries
):
    for number in range(20):
        user = cast.person(f"Person{number}")
        grants.grant(to=user, store=aurora, role=OPERATOR, by=mia, at=cast.timezone.now())
    client.force_login(mia)

    with django_assert_max_num_queries(20):
        client.get(reverse("store", args=[aurora.pk]))
