"""Titles, names and links that offer no place to break: no page scrolls sideways for them."""

import pytest
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.roles import AUDITOR, OPERATOR, SUPERVISOR
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.outbox import mailbox
from promoflow.promotions import checker
from promoflow.promotions.services import discussing, drafting, running
from tests import cast
from tests.browser.ahead import days
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = [pytest.mark.long]

WORD = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenfabrikantenverband"
LINK = f"https://sellercentral.amazon.com/promotions/{WORD}?ref_=coupons_{WORD}&id={WORD}"
PHONE = 390

OF_REQUESTS = {
    "olivia": ["request:returned", "request-edit:returned", "request-live:approved", "request-shorten:live"],
    "sam": ["request:in_review", "request:approved", "request-verify:live", "request-stop:live"],
    "ada": ["request:live", "request:stopped", "request-dossier:returned", "request-dossier:stopped"],
}
OF_PARTS = {
    "olivia": ["request-list", "request-new", "product-list", "product", "product-what-if", "inbox"],
    "sam": ["desk", "review-queue", "store-calendar", "absence", "mail"],
    "ada": ["history", "entry", "decision", "stood", "inbox", "store-list", "report-list"],
    "mia": ["store", "store-change", "store-channels", "store-channel-new", "store-office-hours"],
}


@pytest.fixture
def store(mia):
    """A store of which everything is called by one long word."""
    store = cast.store(WORD, manager=mia)
    Product.objects.bulk_create(
        Product(store=store, asin=asin, title=WORD, price=50, floor_price=5)
        for asin in (LAMP, FLOOR_LAMP, SET)
    )
    return store


@pytest.fixture
def people(store, mia):
    roles = {"Olivia": OPERATOR, "Sam": SUPERVISOR, "Sue": SUPERVISOR, "Ada": AUDITOR}
    granted = {name.lower(): cast.grant(cast.person(name), store, role) for name, role in roles.items()}
    second = cast.store(f"{WORD}2", merchant_id="A2SECOND1234567", manager=mia)
    cast.grant(granted["olivia"], second, OPERATOR)
    return granted | {"mia": mia}


@pytest.fixture
def requests(store, people):
    """One in most states; whoever had something to say of it pasted a link."""
    olivia, sam, sue, now = people["olivia"], people["sam"], people["sue"], timezone.now()

    def typed(kind, asin, first, **more):
        return kind(asin, title=WORD, **days(first, first + 3), **more)

    in_review = _submitted(store, typed(lives.social_code, LAMP, 10, one_per_customer=False), by=olivia)
    discussing.say(
        reference=in_review.reference,
        by=sam,
        at=now,
        revision=lives.as_shown(in_review, at=now)["revision"],
        body=f"@Olivia {LINK}",
    )
    returned = _submitted(store, typed(lives.coupon, FLOOR_LAMP, 50), by=olivia)
    lives.send_back(returned, by=sam, at=now, note=LINK)
    approved = _submitted(store, typed(lives.coupon, FLOOR_LAMP, 20), by=olivia)
    lives.approve(approved, by=sue, at=now, note=LINK)
    who = {"by": olivia, "supervisor": sue, "at": now}
    live = lives.live(store, typed(lives.price_discount, SET, 8, percent="10.00"), **who)
    stopped = lives.live(store, typed(lives.coupon, SET, 30), **who)
    running.stop(reference=stopped.reference, by=sam, at=now, note=LINK)
    return {
        "in_review": in_review,
        "returned": returned,
        "approved": approved,
        "live": live,
        "stopped": stopped,
    }


def _submitted(store, typed, *, by):
    now = timezone.now()
    request = lives.drafted(store, typed, by=by, at=now)
    found = checker.report_of(request, at=now)
    return drafting.submit(
        reference=request.reference,
        revision=1,
        report=found.digest.hex(),
        reasons={finding.key: LINK for finding in found.warnings},
        by=by,
        at=now,
    )


@pytest.fixture
def address(settings, tmp_path, store, requests):
    """Where a page stands; of a request's the state follows a colon."""
    stopped = requests["stopped"].reference
    last = Entry.objects.filter(subject=stopped).latest("pk")
    decided = requests["returned"].decisions.get()
    pages = {
        "decision": reverse("request-decision", args=[requests["returned"].reference, decided.pk]),
        "stood": reverse("request-stood", args=[stopped, last.link.seq]),
        "entry": reverse("history-entry", args=[last.pk]),
        "mail": reverse("mail", args=[_mailed(settings, tmp_path)]),
        **{name: reverse(name, args=[store.pk, LAMP]) for name in ("product", "product-what-if")},
        **{name: reverse(name, args=[store.pk]) for name in OF_PARTS["mia"]},
        "store-calendar": reverse("store-calendar", args=[store.pk]),
    }

    def find(page):
        name, _colon, state = page.partition(":")
        if state:
            return reverse(name, args=[requests[state].reference])
        return pages.get(name) or reverse(name)

    return find


def _mailed(settings, tmp_path):
    settings.DEMO = True
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.MAIL_FOLDER.mkdir()
    backend = get_connection(
        "django.core.mail.backends.filebased.EmailBackend", file_path=str(settings.MAIL_FOLDER)
    )
    backend.send_messages([EmailMessage(f"PR-1001 {WORD}", f"Hello Sam,\n{LINK}", to=["sam@example.com"])])
    return mailbox.mails(settings.MAIL_FOLDER)[0].key


def wide(page):
    """How wide the page is; where it is wider than the window, what makes it so."""
    return page.evaluate(
        """() => {
          const root = document.documentElement;
          if (root.scrollWidth <= innerWidth) return "";
          const beyond = [...document.querySelectorAll("#content *, .page-top *")]
            .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
            .map((part) => `${part.tagName.toLowerCase()}.${part.className}`);
          return `${root.scrollWidth} pixels: ${[...new Set(beyond)].slice(0, 6).join(", ")}`;
        }"""
    )


@pytest.mark.parametrize("pages", [OF_REQUESTS, OF_PARTS], ids=["requests", "parts"])
def test_no_page_scrolls_sideways_on_a_phone_for_a_long_word(browse, people, address, pages):
    found = []
    for name, opened in pages.items():
        page = browse(people[name], phone=True)
        for one in opened:
            assert page.goto(address(one)).status == 200, one
            found += [f"{one}: {too_wide}" for too_wide in [wide(page)] if too_wide]

    assert not found, "\n".join(found)


def test_a_pasted_link_leaves_the_page_as_wide_as_the_window(browse, people, address, requests):
    page = browse(people["sam"])
    page.set_viewport_size({"width": 1280, "height": 800})
    found = []
    for state in requests:
        page.goto(address(f"request:{state}"))
        found += [f"{state}: {too_wide}" for too_wide in [wide(page)] if too_wide]

    assert not found, "\n".join(found)


def test_a_long_title_hides_no_figure_of_the_queue(browse, people, address, requests):
    page = browse(people["sam"])
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address("review-queue"))

    tables = page.locator("#queue .table-scroll")
    expect(tables.first).to_be_visible()
    for table in tables.all():
        assert table.evaluate("part => part.scrollWidth - part.clientWidth") == 0
