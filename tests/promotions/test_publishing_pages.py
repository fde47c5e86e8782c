"""The page of the draft with its effect, publishing from it, and how alarms are shown and settled."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.policies import selectors as policies
from promoflow.policies.services import drafting as rules
from promoflow.promotions import selectors
from promoflow.promotions.models import Alarm
from promoflow.promotions.services import alarms
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

PAIR = "pairs.coupon.price_discount"
PER_REQUEST = 5


@pytest.fixture
def queries_of():
    def count(deed) -> int:
        with CaptureQueriesContext(connection) as seen:
            deed()
        return len(seen)

    return count


def browser(person):
    client = cast.Client()
    client.force_login(person)
    return client


def page_of(person, name, *arguments):
    return browser(person).get(reverse(name, args=arguments)).content.decode()


@pytest.fixture
def meeting(aurora, olivia, sam):
    """A coupon and a price discount on one product, which version 1 lets meet with a reason."""
    coupon = lives.approved(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    price = lives.live(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    return coupon, price


@pytest.fixture
def draft(meeting, mia):
    return drafts.drafted({PAIR: "block"}, by=mia)


def test_the_page_tells_what_would_be_blocked_and_what_differs(draft, meeting, sue):
    page = page_of(sue, "policy-draft")

    for request in meeting:
        assert request.reference in page
    for said in ("It would block 2 requests", "<del>Warn</del>", "What we agreed on Monday."):
        assert said in page
    assert page.count('class="finding finding-block"') == 2, "what each of them runs into"


def test_a_store_that_somebody_does_not_see_is_only_counted(draft, meeting, mia):
    other = cast.store(
        "Borealis DE", marketplace_id="A1PA6795UKMFR9", merchant_id="A3BOREALIS12345", manager=mia
    )
    stranger = cast.grant(cast.person("Stefan"), other, "supervisor")

    page = page_of(stranger, "policy-draft")

    assert meeting[0].reference not in page
    assert "2 of them are in stores on which you hold no role." in page


def test_publishing_from_the_page_puts_it_in_force_and_counts_the_alarms(draft, sue):
    client = browser(sue)

    answer = client.post(reverse("policy-publish"), drafts.as_shown(draft), follow=True)

    assert answer.redirect_chain == [(reverse("policy", args=[2]), 303)]
    assert "Policy 2 is in force. 2 alarms were raised." in answer.content.decode()
    assert policies.current_version().published_by == sue


def test_who_may_not_publish_reads_why_and_posts_in_vain(draft, mia, olivia, ada):
    for person, sentence in (
        (mia, "You opened or edited this draft"),
        (olivia, "Only a manager or a supervisor"),
        (ada, "Only a manager or a supervisor"),
    ):
        page = page_of(person, "policy-draft")
        assert sentence in page
        assert reverse("policy-publish") not in page
        answer = browser(person).post(reverse("policy-publish"), drafts.as_shown(draft))
        assert answer.status_code == 403
        assert sentence in answer.content.decode()


def test_a_page_that_is_behind_is_refused_with_what_changed(draft, mia, sue):
    shown = drafts.as_shown(draft)
    rules.save(revision=2, proposal=drafts.proposal({PAIR: "may-meet"}), by=mia, at=NOW)

    answer = browser(sue).post(reverse("policy-publish"), shown)

    assert answer.status_code == 409
    assert "Coupon and Price Discount: Block → May meet" in answer.content.decode()


@pytest.mark.parametrize("sent", [{}, {"revision": "x", "effect": "y"}])
def test_a_damaged_page_publishes_nothing(draft, sue, sent):
    assert browser(sue).post(reverse("policy-publish"), sent).status_code == 409
    assert policies.current_version().number == 1


def test_without_a_draft_the_page_leads_to_the_list(aurora, sam):
    answer = browser(sam).get(reverse("policy-draft"))

    assert answer.headers["Location"] == reverse("policy-list")
    assert browser(sam).post(reverse("policy-publish")).status_code == 409


def test_each_standing_request_costs_a_few_queries_more(draft, aurora, olivia, sam, sue, queries_of):
    """The effect is asked of every one of them, so the page grows with them, and with nothing else."""
    address, client = reverse("policy-draft"), browser(sue)
    client.get(address)
    two = queries_of(lambda: client.get(address))

    for start in (30, 50):
        lives.approved(
            aurora, lives.coupon(LAMP, lives.SET, percent="5.00", start=start), by=olivia, supervisor=sam
        )

    assert queries_of(lambda: client.get(address)) - two <= 2 * PER_REQUEST


# --- Alarms -----------------------------------------------------------------------------------------------


@pytest.fixture
def alarmed(draft, meeting, sue):
    drafts.publish(draft, by=sue)
    return meeting


def test_an_alarm_leads_the_desk_of_those_who_work_on_it(alarmed, olivia, sam, ada, mia):
    for person in (olivia, sam):
        page = page_of(person, "desk")
        assert "The rules now block what is approved or live" in page
        assert page.index("The rules now block") < page.index("Live now")
        box = page[page.index("The rules now block") : page.index("Live now")]
        assert alarmed[0].reference in box
        assert "Scheduled" in box
        assert "Approved" not in box
    for person in (ada, mia):
        assert "The rules now block" not in page_of(person, "desk")


@pytest.mark.parametrize("which", [0, 1], ids=["approved", "live"])
def test_the_page_of_a_request_shows_its_alarm_with_the_ways_out(alarmed, which, sam, olivia):
    request = alarmed[which]

    page = page_of(sam, "request", request.reference)

    assert "The rules of policy 2 block this" in page
    assert "Sue published them after it was approved" in page
    assert alarmed[1 - which].reference in page
    assert reverse("request-settle", args=[request.reference]) in page
    page = page_of(olivia, "request", request.reference)
    assert "Settling: Only a supervisor of the store" in " ".join(page.split())
    assert reverse("request-settle", args=[request.reference]) not in page


def test_the_list_marks_it(alarmed, ada):
    page = page_of(ada, "request-list")

    assert page.count("<span>Alarm</span>") == 2


def as_read(client, request):
    """The digest that the page of an alarm hands on."""
    page = client.get(reverse("request", args=[request.reference])).content.decode()
    return page.partition('name="report" value="')[2].partition('"')[0]


def test_a_supervisor_settles_it_on_the_page(alarmed, sam):
    address = reverse("request-settle", args=[alarmed[0].reference])
    client = browser(sam)

    assert "Say why it may stay" in client.post(address, {"note": " "}).content.decode()
    answer = client.post(
        address, {"note": "It ends tomorrow.", "report": as_read(client, alarmed[0])}, follow=True
    )

    assert f"The alarm of {alarmed[0].reference} is settled." in answer.content.decode()
    assert "The rules of policy 2 block this" not in answer.content.decode()
    assert selectors.alarm_of(alarmed[0]) is None


def test_what_came_up_since_the_page_was_opened_is_read_before_it_is_settled(alarmed, aurora, sam):
    """While an alarm is open nobody is told again."""
    address = reverse("request-settle", args=[alarmed[1].reference])
    client = browser(sam)
    opened = as_read(client, alarmed[1])
    aurora.products.filter(asin=LAMP).update(price="11.99")

    answer = client.post(address, {"note": "It ends tomorrow.", "report": opened})

    assert answer.status_code == 409
    assert "has changed since you opened the page" in answer.content.decode()
    assert "It ends tomorrow." in answer.content.decode()
    assert selectors.alarm_of(alarmed[1]) is not None
    again = {"note": "It ends tomorrow.", "report": as_read(client, alarmed[1])}
    assert client.post(address, again).status_code == 303
    assert selectors.alarm_of(alarmed[1]) is None


def test_an_alarm_says_when_the_rules_in_force_no_longer_block_it(alarmed, mia, sue, sam):
    drafts.published({PAIR: "warn"}, manager=mia, publisher=sue)

    page = page_of(sam, "request", alarmed[0].reference)

    assert "The rules in force no longer block it." in page
    assert Alarm.objects.filter(settled_at=None).count() == 2


def test_what_is_alarmed_already_is_said_so_on_the_next_draft(alarmed, mia, sue):
    drafts.drafted({"floor.default_percent.value": 40}, by=mia)

    assert page_of(sue, "policy-draft").count("Alarmed already") == 2


def test_a_settled_alarm_is_in_the_history_of_the_request(alarmed, sam):
    alarms.settle(reference=alarmed[0].reference, by=sam, at=NOW, confirmed_at=NOW, note="It ends tomorrow.")

    page = page_of(sam, "request", alarmed[0].reference)

    assert "Raised an alarm: the rules now block it" in page
    assert "It ends tomorrow." in page


def test_reports_and_decisions_lead_to_the_version_that_they_name(alarmed, sam):
    page = page_of(sam, "request", alarmed[0].reference)

    assert f'href="{reverse("policy", args=[1])}"' in page, "what it was approved under"
    assert f'href="{reverse("policy", args=[2])}"' in page, "what it is checked under"
