"""The pages of the rules: the list, a version, and the form of the draft."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.policies import content, selectors
from promoflow.policies.services import drafting
from tests import cast
from tests.policies import drafts
from tests.promotions.lives import NOW

pytestmark = pytest.mark.django_db

PAIR = "pairs.coupon.price_discount"
EDIT = reverse("policy-edit")


@pytest.fixture
def manager(aurora, mia):
    return mia


@pytest.fixture
def maud(aurora):
    """A colleague who drafts, too."""
    return cast.grant(cast.person("Maud"), aurora, "manager")


def browser(person):
    client = cast.Client()
    client.force_login(person)
    return client


def typed(client, **changed):
    """What the browser sends when nothing but this is changed: every field of the form as it stands."""
    return as_shown(client.get(EDIT)) | changed


def as_shown(page):
    """What the browser sends of a page that nobody types in."""
    form = page.context["form"]
    sent = {"revision": page.context["revision"], "summary": form["summary"].value()}
    for bound in [*form, *(bound for row in form.rows for bound in row)]:
        value = bound.value()
        if bound.name != "revision" and value is not None:
            sent[bound.html_name] = value
    return sent | {
        "blackouts-TOTAL_FORMS": len(form.rows.forms),
        "blackouts-INITIAL_FORMS": form.rows.initial_form_count(),
    }


def newest():
    return content.decode(selectors.open_draft().newest.body)


# --- Reading ----------------------------------------------------------------------------------------------


def test_everybody_with_a_role_reads_the_rules(olivia):
    page = browser(olivia).get(reverse("policy", args=[1])).content.decode()

    for said in ("Every pair with its reason", "In force", "came with promoflow", "Best Deal", "F003"):
        assert said in page
    assert "field report: two incidents" in page, "what a source is"
    assert page.count('class="verdict-mark') >= 49


def test_who_holds_no_role_does_not(stranger):
    for address in (reverse("policy", args=[1]), reverse("policy-draft")):
        assert browser(stranger).get(address).status_code == 403
    page = browser(stranger).get(reverse("policy-list")).content.decode()
    assert "You hold no role on any store" in page
    assert "Policy 1" not in page


def test_the_rules_are_in_the_navigation(olivia):
    assert f'href="{reverse("policy-list")}"' in browser(olivia).get("/").content.decode()


def test_the_list_says_who_drafted_and_who_published_what(manager, sam):
    drafts.published({PAIR: "block"}, manager=manager, publisher=sam)

    page = browser(sam).get(reverse("policy-list")).content.decode()

    rows = re.findall(r"<tr>.*?</tr>", page, re.S)
    assert "Policy 2" in rows[1]
    assert "In force" in rows[1]
    for said in ("What we agreed on Monday.", "Mia", "Sam"):
        assert said in rows[1]
    assert "In force" not in rows[2]


def test_a_version_says_what_it_changed(manager, sam):
    drafts.published({PAIR: "block"}, manager=manager, publisher=sam)

    page = browser(sam).get(reverse("policy", args=[2])).content.decode()

    assert "Coupon and Price Discount" in page
    assert "<del>Warn</del>" in page
    assert "drafted by Mia, published by Sam" in page
    assert "An earlier version" in browser(sam).get(reverse("policy", args=[1])).content.decode()


def test_everybody_who_drafted_a_version_is_named(aurora, manager, maud, sam):
    drafts.drafted({PAIR: "block"}, by=maud)
    drafts.published({PAIR: "block", "going_live.late_mark_hours.value": 12}, manager=manager, publisher=sam)

    client = browser(sam)

    assert "Maud, Mia" in client.get(reverse("policy-list")).content.decode()
    page = client.get(reverse("policy", args=[2])).content.decode()
    assert "drafted by Maud, Mia, published by Sam" in page


def test_more_versions_cost_no_more_queries(manager, sam):
    client = browser(sam)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("policy-list"))
        return len(queries)

    drafts.published({PAIR: "block"}, manager=manager, publisher=sam)
    asked()
    once = asked()
    drafts.published({PAIR: "warn"}, manager=manager, publisher=sam)

    assert asked() == once


def test_a_version_that_is_not_there_is_not_found_and_a_draft_is_led_to(manager):
    client = browser(manager)
    assert client.get(reverse("policy", args=[2])).status_code == 404

    drafting.open(by=manager, at=NOW)

    assert client.get(reverse("policy", args=[2])).headers["Location"] == reverse("policy-draft")


# --- Drafting ---------------------------------------------------------------------------------------------


def test_opening_leads_to_the_form(manager):
    answer = browser(manager).post(reverse("policy-open"))

    assert (answer.status_code, answer.headers["Location"]) == (303, EDIT)
    assert selectors.open_draft().opened_by == manager


def test_a_form_sent_as_it_stands_changes_nothing(manager):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)

    answer = client.post(EDIT, typed(client, summary="Nothing yet."))

    assert answer.status_code == 303
    assert content.values(newest()) == content.values(drafts.in_force())
    assert {path for path, rule in content.rules(newest()).items() if rule.get("sure") == "H"} == set()


def test_values_reasons_and_blackouts_are_saved(manager):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    path = "kinds.coupon.danger.hours_after_stop"

    answer = client.post(
        EDIT,
        typed(
            client,
            **{
                "summary": "Away from Prime Day.",
                PAIR: "block",
                f"{PAIR}.why": "Too deep together.",
                f"{path}.value": "12",
                "kinds.lightning_deal.limits.percent.most": "60",
                "blackouts-0-name": "Prime Day",
                "blackouts-0-first_day": "2027-07-13",
                "blackouts-0-last_day": "2027-07-14",
                "blackouts-0-kinds": ["best_deal", "coupon"],
                "blackouts-0-verdict": "warn",
                "blackouts-0-reason": "Everybody is on sale.",
            },
        ),
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, reverse("policy-draft"))
    body = newest()
    assert content.pairs(body)[PAIR]["reason"] == "Too deep together."
    assert content.rules(body)[path] == {"value": 12, "source": "house", "sure": "H"}
    assert content.values(body)["kinds.lightning_deal.limits.percent.most"] == 60
    assert body["blackouts"] == [
        {
            "name": "Prime Day",
            "first_day": "2027-07-13",
            "last_day": "2027-07-14",
            "kinds": ["coupon", "best_deal"],
            "verdict": "warn",
            "reason": "Everybody is on sale.",
        }
    ]
    page = client.get(reverse("policy-draft")).content.decode()
    for said in ("Coupon and Price Discount", "Away from Prime Day.", "Blackout Prime Day"):
        assert said in page


def test_a_blackout_is_taken_away_and_another_added(manager):
    row = {
        "name": "Prime Day", "first_day": "2027-07-13", "last_day": "2027-07-14", "kinds": ["coupon"],
        "verdict": "block", "reason": "",
    }  # fmt: skip
    drafts.drafted({}, by=manager, blackouts=[row])
    client = browser(manager)
    sent = typed(
        client,
        more="yes",
        **{
            "blackouts-0-DELETE": "on",
            "blackouts-1-name": "Cyber Monday",
            "blackouts-1-first_day": "2027-11-29",
            "blackouts-1-last_day": "2027-11-29",
            "blackouts-1-kinds": ["coupon"],
        },
    )

    answer = client.post(EDIT, sent)

    assert answer.headers["Location"] == EDIT
    assert [row["name"] for row in newest()["blackouts"]] == ["Cyber Monday"]
    assert client.get(EDIT).content.decode().count("Add a blackout") == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("kinds.coupon.danger.hours_before.value", "169", "less than or equal to 168"),
        ("kinds.coupon.danger.hours_before.value", "", "This field is required"),
        ("kinds.coupon.danger.hours_before.value", "six", "Enter a whole number"),
        ("kinds.coupon.limits.percent.most", "4", "Not below 5, which is the least."),
        ("floor.default_percent.value", "101", "less than or equal to 100"),
        (PAIR, "perhaps", "Select a valid choice"),
        ("summary", "", "This field is required"),
    ],
)
def test_what_cannot_be_stands_beside_its_field_and_what_was_typed_stays(manager, field, value, sentence):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)

    answer = client.post(
        EDIT, typed(client, **{"summary": "Typed.", "floor.default_percent.value": "40"} | {field: value})
    )

    assert answer.status_code == 422
    form = answer.context["form"]
    assert sentence in str(form.errors[field])
    page = answer.content.decode()
    assert f"{form[field].auto_id}_error" in page or field == PAIR
    if field != "floor.default_percent.value":
        assert form["floor.default_percent.value"].value() == "40"
    assert selectors.open_draft().newest.number == 1


def test_an_amount_that_the_rulebook_needs_is_asked_for(manager):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    field = "kinds.coupon.limits.least_budget.amounts.other"

    answer = client.post(EDIT, typed(client, **{"summary": "Typed.", field: ""}))

    assert answer.status_code == 422
    assert "least_budget.amounts.other" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"blackouts-0-last_day": "2027-07-12"}, "Not before its first day."),
        ({"blackouts-0-kinds": []}, "This field is required"),
        ({"blackouts-0-first_day": "sometime"}, "Enter a valid date"),
    ],
)
def test_a_blackout_that_cannot_be_is_told_beside_it(manager, changed, sentence):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    row = {
        "blackouts-0-name": "Prime Day", "blackouts-0-first_day": "2027-07-13",
        "blackouts-0-last_day": "2027-07-14", "blackouts-0-kinds": ["coupon"],
    }  # fmt: skip

    answer = client.post(EDIT, typed(client, summary="Typed.", **(row | changed)))

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "A blackout needs your attention" in page
    assert selectors.open_draft().newest.number == 1


def test_two_blackouts_have_two_names(manager):
    row = {
        "name": "Prime Day", "first_day": "2027-07-13", "last_day": "2027-07-14", "kinds": ["coupon"],
        "verdict": "block", "reason": "",
    }  # fmt: skip
    drafts.drafted({}, by=manager, blackouts=[row])
    client = browser(manager)
    again = {
        "blackouts-1-name": "Prime Day", "blackouts-1-first_day": "2027-10-13",
        "blackouts-1-last_day": "2027-10-14", "blackouts-1-kinds": ["coupon"],
    }  # fmt: skip

    answer = client.post(EDIT, typed(client, **again))

    assert answer.status_code == 422
    assert "Two blackouts have one name" in answer.content.decode()


def test_who_was_overtaken_keeps_what_they_typed_and_reads_what_changed(aurora, manager):
    maud = cast.grant(cast.person("Maud"), aurora, "manager")
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    sent = typed(client, summary="Mine.", **{"floor.default_percent.value": "40"})
    drafting.save(revision=1, proposal=drafts.proposal({PAIR: "block"}), by=maud, at=NOW)

    answer = client.post(EDIT, sent)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Maud has changed the draft" in page
    assert "Coupon and Price Discount: Warn → Block" in page
    assert answer.context["form"]["floor.default_percent.value"].value() == "40"
    assert client.post(EDIT, sent | {"revision": answer.context["revision"]}).status_code == 303


PRIME_DAY = {
    "name": "Prime Day", "first_day": "2027-07-13", "last_day": "2027-07-14", "kinds": ["coupon"],
    "verdict": "block", "reason": "",
}  # fmt: skip
CYBER_MONDAY = PRIME_DAY | {"name": "Cyber Monday", "first_day": "2027-11-29", "last_day": "2027-11-29"}


def names():
    return [row["name"] for row in newest().get("blackouts", [])]


def test_an_error_in_a_field_does_not_hide_that_somebody_was_faster(manager, maud):
    late = "going_live.late_mark_hours.value"
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    sent = typed(client, summary="")
    drafts.drafted({late: 12}, by=maud)

    wrong = client.post(EDIT, sent)
    again = client.post(EDIT, sent | {"revision": wrong.context["revision"], "summary": "Typed."})

    assert (wrong.status_code, again.status_code) == (422, 409)
    assert "24 → 12" in again.content.decode()
    assert content.values(newest())[late] == 12


def test_saving_over_a_colleague_leaves_what_one_did_not_touch(manager, maud):
    late = "going_live.late_mark_hours.value"
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    sent = typed(client, summary="Mine.", **{"floor.default_percent.value": "40"})
    drafts.drafted({late: 12}, by=maud)

    stale = client.post(EDIT, sent)
    page = stale.content.decode()
    answer = client.post(EDIT, as_shown(stale))

    assert "What you typed is still here" in page
    assert answer.status_code == 303
    values = content.values(newest())
    assert (values[late], values["floor.default_percent.value"]) == (12, 40)


def test_a_blackout_that_a_colleague_added_is_told_and_stays(manager, maud):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    sent = typed(client, summary="Mine.")
    drafts.drafted({}, by=maud, blackouts=[PRIME_DAY])

    stale = client.post(EDIT, sent)
    answer = client.post(EDIT, as_shown(stale))

    assert stale.status_code == 409
    page = stale.content.decode()
    assert "Maud has changed the draft" in page
    assert "Blackout Prime Day" in page
    assert "A blackout needs your attention" not in page
    assert answer.status_code == 303
    assert names() == ["Prime Day"]


def test_the_history_of_the_draft_says_which_blackout_was_touched(manager):
    longer = PRIME_DAY | {"last_day": "2027-07-15", "reason": "A day more of it, as last year."}
    for blackouts in ([PRIME_DAY], [longer], []):
        drafts.drafted({}, by=manager, blackouts=blackouts)

    page = browser(manager).get(reverse("policy-draft")).content.decode()

    was, now = "2027-07-13 – 2027-07-14: Block for Coupon", "2027-07-13 – 2027-07-15: Block for Coupon"
    assert f"Blackout Prime Day: {was} → {now}" in page
    assert f"Blackout Prime Day: – → {was}" in page
    assert f"Blackout Prime Day: {now} → –" in page


def test_blackouts_of_two_people_stand_beside_each_other(manager, maud):
    drafts.drafted({}, by=manager, blackouts=[CYBER_MONDAY])
    client = browser(manager)
    mine = {
        "blackouts-0-reason": "Everybody is on sale.", "blackouts-1-name": "Easter",
        "blackouts-1-first_day": "2027-03-26", "blackouts-1-last_day": "2027-03-29",
        "blackouts-1-kinds": ["coupon"], "blackouts-1-verdict": "warn",
    }  # fmt: skip
    sent = typed(client, **mine)
    drafts.drafted({}, by=maud, blackouts=[PRIME_DAY, CYBER_MONDAY])

    answer = client.post(EDIT, as_shown(client.post(EDIT, sent)))

    assert answer.status_code == 303
    assert names() == ["Prime Day", "Cyber Monday", "Easter"]
    assert [row["reason"] for row in newest()["blackouts"]] == ["", "Everybody is on sale.", ""]


@pytest.mark.parametrize("theirs", [[PRIME_DAY, CYBER_MONDAY], [PRIME_DAY]])
def test_a_blackout_taken_away_is_the_one_that_was_ticked(manager, maud, theirs):
    drafts.drafted({}, by=manager, blackouts=[CYBER_MONDAY])
    client = browser(manager)
    sent = typed(client, **{"blackouts-0-DELETE": "on"})
    drafts.drafted({}, by=maud, blackouts=theirs)

    client.post(EDIT, as_shown(client.post(EDIT, sent)))

    assert names() == ["Prime Day"]


def test_discarding_asks_first(manager):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)

    assert "Discard the draft of policy 2?" in client.get(reverse("policy-discard")).content.decode()
    assert selectors.open_draft() is not None
    assert client.post(reverse("policy-discard")).headers["Location"] == reverse("policy-list")
    assert selectors.open_draft() is None


def test_the_list_says_why_somebody_may_not_draft(sam):
    page = browser(sam).get(reverse("policy-list")).content.decode()

    assert "Only a manager of a store drafts the rules" in page
    assert reverse("policy-open") not in page


@pytest.mark.parametrize("last_day", ["9999-12-31", "9999-12-30"])
def test_a_blackout_without_an_end_is_refused_beside_its_field(manager, last_day):
    drafting.open(by=manager, at=NOW)
    client = browser(manager)
    row = {
        "blackouts-0-name": "For good",
        "blackouts-0-first_day": "2026-12-01",
        "blackouts-0-last_day": last_day,
        "blackouts-0-verdict": "block",
        "blackouts-0-kinds": ["coupon"],
        "blackouts-0-reason": "",
    }

    answer = client.post(EDIT, typed(client, **row))

    assert "Choose a day between 2000 and 2200." in answer.content.decode()
