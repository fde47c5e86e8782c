"""The pages of people, as each of the cast meets them."""

import zoneinfo

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts.forms import time_zones
from accounts.models import User
from accounts.selectors import same_person
from accounts.services import people
from promoflow.audit.models import Entry
from tests import cast

NEW = {
    "name": "Nina",
    "email": "Nina@example.com",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "same_person_as": "",
}


def page(client, user, name, /, *args, query="", **data):
    client.force_login(user)
    address = reverse(name, args=args) + query
    return client.post(address, data) if data else client.get(address)


# --- Preferences ----------------------------------------------------------------------------------------


def test_the_page_speaks_the_language_that_was_chosen(client, stranger):
    response = page(client, stranger, "preferences", language="zh-hans", time_zone="Asia/Tokyo")

    assert response.status_code == 303
    following = client.get(reverse("preferences"))
    assert following.headers["Content-Language"] == "zh-hans"
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"


def test_a_page_that_cannot_ask_who_reads_it_speaks_their_language_too(client, stranger):
    page(client, stranger, "preferences", language="zh-hant", time_zone="Asia/Tokyo")
    client.get(reverse("preferences"))
    del client.cookies[settings.SESSION_COOKIE_NAME]

    asked = client.get(reverse("account_login"), headers={"Accept-Language": "en"})

    assert asked.headers["Content-Language"] == "zh-hant"


def test_what_is_kept_is_said_in_the_language_that_was_chosen(client, stranger):
    page(client, stranger, "preferences", language="zh-hans", time_zone="Asia/Tokyo")
    chinese = client.get(reverse("preferences")).content.decode()
    page(client, stranger, "preferences", language="en", time_zone="Asia/Tokyo")
    english = client.get(reverse("preferences")).content.decode()

    assert "Your preferences are kept." not in chinese
    assert "Your preferences are kept." in english


def test_the_next_visitor_gets_none_of_it(client, stranger):
    page(client, stranger, "preferences", language="zh-hans", time_zone="Asia/Tokyo")
    client.get(reverse("preferences"))
    client.logout()

    response = client.get(reverse("account_login"))

    assert response.headers["Content-Language"] == "en"
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    translation.activate("en")
    timezone.deactivate()


def test_nonsense_is_422_and_nothing_is_kept(client, stranger):
    response = page(client, stranger, "preferences", language="tlh", time_zone="Mars/Base")

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"language", "time_zone"}
    stranger.refresh_from_db()
    assert stranger.language == "en"


def test_every_zone_on_offer_exists():
    offered = [zone for _continent, zones in time_zones() for zone, _name in zones]

    assert {"UTC", "Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin"} <= set(offered)
    assert set(offered) <= zoneinfo.available_timezones()
    assert len(offered) == len(set(offered))


# --- Adding ---------------------------------------------------------------------------------------------


def test_a_manager_adds_a_person_for_a_store(client, aurora, mia):
    response = page(client, mia, "person-new", query=f"?store={aurora.pk}", **NEW)

    nina = User.objects.get(email="nina@example.com")
    assert response.status_code == 303
    assert response.url == f"{reverse('store', args=[aurora.pk])}?person={nina.pk}"
    following = client.get(response.url)
    assert following.context["form"]["person"].value() == str(nina.pk)


@pytest.mark.parametrize("store", ["٣", "x", "9" * 5000])
def test_a_store_that_is_none_leads_to_whoever_was_added(client, mia, aurora, store):
    response = page(client, mia, "person-new", query=f"?store={store}", **NEW)

    added = User.objects.get(email="nina@example.com")
    assert (response.status_code, response.url) == (303, reverse("person", args=[added.pk]))


def test_a_second_account_is_named_as_such(client, aurora, mia, olivia):
    page(client, mia, "person-new", **NEW | {"same_person_as": olivia.pk})

    assert same_person(User.objects.get(email="nina@example.com"), olivia)


def test_why_somebody_is_not_the_second_account_of_another_is_said_beside_the_field(client, aurora, olivia):
    mal = cast.person("Mal")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=mal)

    response = page(client, mal, "person-new", **NEW | {"same_person_as": olivia.pk})

    assert response.status_code == 422
    assert response.context["form"].errors["same_person_as"] == [
        "Only a manager of every store of Olivia may do this.",
        "Nobody was added: ask one of them to add this account.",
    ]
    assert not User.objects.filter(email="nina@example.com").exists()
    entry = Entry.objects.get(event="person.add_refused")
    assert (entry.actor, entry.subject, entry.outcome) == (mal, "Olivia", "refused")


def test_an_address_in_use_is_said_beside_the_field(client, aurora, mia, olivia):
    response = page(client, mia, "person-new", **NEW | {"email": "OLIVIA@example.com"})

    assert response.status_code == 422
    assert "Somebody already signs in with this e-mail address." in response.context["form"].errors["email"]
    assert 'value="Nina"' in response.content.decode()


@pytest.mark.parametrize(
    "typed", ["Wei Chen\u200b", "\u2066Wei \u00ad Chen\u2069", "Wei\u202e  Chen", "\ufeffWei\u00a0Chen"]
)
def test_what_nobody_sees_makes_no_other_name(client, aurora, mia, olivia, typed):
    page(client, mia, "person-new", **NEW | {"name": typed})
    page(client, mia, "person", olivia.pk, name=typed)

    assert User.objects.get(email="nina@example.com").name == "Wei Chen"
    assert User.objects.get(pk=olivia.pk).name == "Wei Chen"


def test_a_name_that_nobody_sees_is_none(client, aurora, mia):
    answer = page(client, mia, "person-new", **NEW | {"name": "\u200b\u2060"})

    assert "name" in answer.context["form"].errors


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_a_manager_gets_the_form(request, client, aurora, who):
    user = request.getfixturevalue(who)

    assert page(client, user, "person-new").status_code == 403
    assert page(client, user, "person-new", **NEW).status_code == 403
    assert not User.objects.filter(name="Nina").exists()


# --- One person -----------------------------------------------------------------------------------------


def test_a_manager_reads_everything_about_a_person(client, aurora, mia, olivia, twin):
    text = page(client, mia, "person", olivia.pk).content.decode()

    for words in ("olivia@example.com", "Aurora US", "Operator", "Asia/Shanghai", "twin@example.com"):
        assert words in text


@pytest.fixture
def borealis(sam):
    """A store that sam alone manages, while mia and olivia hold no role on it."""
    return cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=sam)


@pytest.mark.parametrize("who", ["mia", "olivia"])
def test_a_store_on_which_the_reader_has_no_role_is_not_named(request, client, aurora, borealis, sam, who):
    text = page(client, request.getfixturevalue(who), "person", sam.pk).content.decode()

    assert "Aurora US" in text
    assert "Borealis" not in text
    assert "Stores on which you have no role are not listed here." in text


def test_why_the_last_manager_of_such_a_store_stays_does_not_name_it_either(client, borealis, mia, sam):
    text = page(client, mia, "person", sam.pk).content.decode()

    assert "Sam is the last manager of another store. Somebody else has to be made a manager" in text


def test_whoever_has_roles_elsewhere_alone_is_not_said_to_have_none(client, aurora, mia):
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=cast.person("Max"))

    text = page(client, mia, "person", User.objects.get(name="Max").pk).content.decode()

    assert "No role on a store of yours" in text
    assert "No role on any store" not in text


@pytest.mark.parametrize("who", ["sam", "root"])
def test_one_reads_all_stores_of_oneself_and_a_superuser_of_everybody(
    request, client, aurora, borealis, sam, who
):
    text = page(client, request.getfixturevalue(who), "person", sam.pk).content.decode()

    assert "Aurora US" in text
    assert "Borealis DE" in text
    assert "are not listed here" not in text


def test_colleagues_see_each_other_and_why_they_may_do_nothing(client, aurora, olivia, sam):
    response = page(client, olivia, "person", sam.pk)

    assert response.status_code == 200
    assert "Only a manager of a store of Sam may do this." in response.content.decode()


def test_people_of_other_stores_are_not_there(client, aurora, olivia, stranger):
    for name in ("person", "person-join"):
        assert page(client, olivia, name, stranger.pk).status_code == 404
    assert page(client, olivia, "person-deactivate", stranger.pk, really="yes").status_code == 404


def test_everybody_sees_themselves(client, stranger):
    assert page(client, stranger, "person", stranger.pk).status_code == 200


def test_a_manager_deactivates_and_reactivates_on_the_page(client, aurora, mia, sam):
    gone = page(client, mia, "person-deactivate", sam.pk, really="yes")
    sam.refresh_from_db()
    assert (gone.status_code, sam.is_active) == (303, False)
    text = client.get(gone.url).content.decode()
    assert "by Mia" in text
    assert reverse("person-reactivate", args=[sam.pk]) in text

    back = page(client, mia, "person-reactivate", sam.pk, really="yes")
    sam.refresh_from_db()
    assert (back.status_code, sam.is_active) == (303, True)


@pytest.mark.parametrize(
    "name", ["person-deactivate", "person-reactivate", "person-invite", "person-two-step-off"]
)
@pytest.mark.parametrize("who", ["olivia", "sam", "ada"])
def test_nobody_but_a_manager_does_any_of_it(request, client, aurora, oscar, who, name):
    assert page(client, request.getfixturevalue(who), name, oscar.pk, really="yes").status_code == 403
    oscar.refresh_from_db()
    assert oscar.is_active


@pytest.mark.parametrize(
    "name", ["person-deactivate", "person-reactivate", "person-invite", "person-two-step-off"]
)
def test_a_deed_takes_a_post(client, aurora, mia, sam, name):
    assert page(client, mia, name, sam.pk).status_code == 303


def test_ones_own_account_is_greyed_with_the_sentence(client, aurora, mia):
    text = page(client, mia, "person", mia.pk).content.decode()

    assert "Nobody deactivates their own account: ask another manager." in text
    assert reverse("person-deactivate", args=[mia.pk]) not in text


def test_somebody_without_a_password_gets_a_fresh_link(client, aurora, mia):
    nina = people.add(
        email="nina@example.com", name="Nina", language="en", time_zone="UTC", by=mia, at=timezone.now()
    )

    assert "Has not set a password yet" in page(client, mia, "person", nina.pk).content.decode()
    assert page(client, mia, "person-invite", nina.pk, really="yes").status_code == 303


def test_a_manager_corrects_a_name_on_the_page(client, aurora, mia, sam):
    response = page(client, mia, "person", sam.pk, name="Samuel")

    sam.refresh_from_db()
    assert (response.status_code, sam.name) == (303, "Samuel")


def test_an_empty_name_is_422_and_the_page_keeps_the_old_one(client, aurora, mia, sam):
    response = page(client, mia, "person", sam.pk, name=" ")

    assert response.status_code == 422
    assert "<title>" in response.content.decode()
    assert response.context["person"].name == "Sam"


def test_joining_asks_first(client, aurora, mia, olivia, twin, sam):
    asked = page(client, mia, "person-join", sam.pk)
    assert "This cannot be undone." in asked.content.decode()

    response = page(client, mia, "person-join", sam.pk, with_=olivia.pk)

    sam.refresh_from_db()
    assert response.status_code == 303
    assert same_person(sam, olivia)


def test_an_account_is_not_joined_with_itself_or_its_twin(client, aurora, mia, olivia, twin):
    for other in (olivia, twin):
        assert page(client, mia, "person-join", olivia.pk, with_=other.pk).status_code == 422


def test_a_page_shows_what_is_typed_as_text(client, aurora, mia):
    mallory = cast.person("<script>alert(1)</script>", email="mallory@example.com")

    text = page(client, mia, "person", mallory.pk).content.decode()

    assert "<script>alert(1)" not in text
