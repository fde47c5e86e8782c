"""Every page is for everybody: axe-core finds nothing serious in it, and 360 pixels are wide enough."""

import time
from dataclasses import dataclass

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from axe_playwright_python.sync_playwright import Axe
from django.core.mail import EmailMessage, get_connection
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product, Sku, Store
from promoflow.outbox import mailbox
from promoflow.outbox.models import Message
from promoflow.promotions.reports.listing import REPORTS
from promoflow.promotions.services import discussing, drafting, running
from tests import cast
from tests.audit import logs
from tests.browser.ahead import days
from tests.catalog import sending
from tests.everything import names_in
from tests.outbox.owing import added
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = [pytest.mark.long]

WIDTH = 360

# What is a page, by the person who looks at it. A name may have several, told apart after a colon.
OF_REQUESTS = {
    "request:draft": "olivia",
    "request:returned": "olivia",
    "request:in_review": "sam",
    "request:seen_again": "sam",
    "request:approved": "olivia",
    "request:live": "sam",
    "request:ended": "ada",
    "request:withdrawn": "sam",
    "request-edit:returned": "olivia",
    "request-submit:doubtful": "olivia",
    "request-withdraw:draft": "olivia",
    "request-withdraw:approved": "olivia",
    "request-clear:withdrawn": "sam",
    "request-dossier:live": "ada",
    "request-dossier:returned": "ada",
    "request-decision:decided": "ada",
    "request-stood:stood": "ada",
    "request-live:approved": "olivia",
    "request-verify:live": "sam",
    "request-stop:live": "sam",
    "request-shorten:live": "olivia",
    "request-list": "olivia",
    "request-new": "olivia",
    "desk": "sam",
    "review-queue": "sam",
}
OF_PARTS = {
    "store-calendar": "sam",
    "product": "olivia",
    "product-what-if": "olivia",
    "product-list": "olivia",
    "product-change": "mia",
    "store-list": "mia",
    "store-new": "mia",
    "store": "mia",
    "store-change": "mia",
    "import-list": "olivia",
    "import-new": "olivia",
    "import": "olivia",
    "policy-list": "mia",
    "policy": "mia",
    "policy-draft": "mia",
    "policy-edit": "mia",
    "policy-discard": "mia",
    "history": "ada",
    "history-entry": "ada",
    "kept": "ada",
    "history-proof": "ada",
    "report-list": "ada",
    **{f"report:{code}": "ada" for code in REPORTS},
    "store-office-hours": "mia",
    "preferences": "ada",
    "person-new": "mia",
    "person": "mia",
    "person-join": "mia",
    "person-remove-name": "mia",
    "mailbox": "ada",
    "mail": "ada",
    "undelivered": "mia",
    "demo-codes": "ada",
    "inbox": "olivia",
    "absence": "sam",
    "telling": "ada",
    "telling-add": "ada",
    "store-channels": "mia",
    "store-channel-new": "mia",
    "channel": "mia",
}
# Those of allauth, in the order in which somebody with two-step verification meets them, then loses it.
OF_SIGNING_IN = (
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_inactive",
    "mfa_authenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "account_change_password",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_deactivate_totp",
    "account_reauthenticate",
    "mfa_activate_totp",
    "account_logout",
)
# Addresses that show nothing of their own: deeds, parts, downloads, and one that leads on.
NO_PAGES = {
    *("request-check", "request-copy", "request-approve", "request-return", "request-reject"),
    *("request-comment", "request-settle", "policy-open", "policy-publish", "product-retire-sku"),
    *("store-grant", "store-revoke", "import-apply", "import-discard", "import-refused", "import-unnamed"),
    *("history-csv", "report-csv", "report-xlsx"),
    *("person-invite", "person-deactivate", "person-reactivate", "person-two-step-off", "message-retry"),
    *("calendar", "mfa_download_recovery_codes", "absence-end", "filter-save", "filter-delete"),
    *("request-claim", "request-release", "review-return", "request-amend", "request-asins"),
    *("request-coupon-sheet", "request-screenshot", "inbox-open", "inbox-read", "inbox-read-all"),
    *("request-dossier-pdf", "search-save", "search-delete", "health", "person-here"),
    *(
        "history-checkpoint",
        "history-receipt",
        "history-consistency",
        "channel-test",
        "channel-pause",
        "channel-resume",
        "channel-remove",
    ),
}

# What a page at this width cuts off: what is wider than the window, and controls that lie outside of it or of
# a part that hides what it cannot hold. Inside a part that scrolls by itself everything can be reached.
CUT_OFF = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} wide`);
  const name = (node) =>
    `${node.tagName.toLowerCase()} ${(node.textContent || node.name || "").trim().slice(0, 40)}`;
  for (const node of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    const box = node.getBoundingClientRect();
    const seen = node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!seen || box.width <= 1) continue;
    if (node.closest(".visually-hidden, .skip-link")) continue;
    let left = 0, right = innerWidth, scrolls = false;
    for (let part = node.parentElement; part && part !== document.body; part = part.parentElement) {
      const overflow = getComputedStyle(part).overflowX;
      if (overflow === "auto" || overflow === "scroll") { scrolls = true; break; }
      if (overflow === "hidden" || overflow === "clip") {
        const around = part.getBoundingClientRect();
        left = Math.max(left, around.left);
        right = Math.min(right, around.right);
      }
    }
    if (!scrolls && (box.right > right + 1 || box.left < left - 1)) found.push(name(node));
  }
  return found;
}"""

axe = Axe()


@dataclass(frozen=True)
class World:
    """People by name, and what the addresses of single things point at."""

    people: dict[str, User]
    things: dict[str, list[object]]

    def address(self, page: str) -> str:
        name, _colon, which = page.partition(":")
        return reverse(name, args=self.things.get(which or name, []))


@pytest.fixture
def world(
    settings,
    tmp_path,
    service: object,
    aurora: Store,
    olivia: User,
    oscar: User,
    sam: User,
    sue: User,
    ada: User,
    mia: User,
) -> World:
    """Something on every page: requests in every state, an import, a draft of the rules, and mail."""
    now = timezone.now()
    Sku.objects.create(
        store=aurora, product=Product.objects.get(asin=LAMP), sku="AURORA-DESK-LAMP-WARM-WHITE"
    )
    requests = _requests(aurora, olivia, oscar, sam, sue)
    drafts.drafted({"floor.default_percent.value": 40}, by=mia)
    source = sending.read(aurora, sending.report(sending.line("AU-1", LAMP)), by=olivia)
    channel = added(mia, aurora, at=now)
    message = Message.objects.filter(recipient=sam, channel=None)[0]
    Message.objects.filter(pk=message.pk).update(
        outcome=Message.Outcome.FAILED, closed=now, reason="SMTPRecipientsRefused: 550 no such mailbox here"
    )
    settings.CHECKPOINT_FOLDER = logs.sign_into(tmp_path / "checkpoints")
    return World(
        people={"olivia": olivia, "sam": sam, "ada": ada, "mia": mia},
        things={
            **{name: [request.reference] for name, request in requests.items()},
            **{name: [aurora.pk, LAMP] for name in ("product", "product-what-if", "product-change")},
            **{name: [aurora.pk] for name in ("store", "store-change", "store-calendar")},
            **{code: [code] for code in REPORTS},
            "store-office-hours": [aurora.pk],
            **{name: [aurora.pk] for name in ("store-channels", "store-channel-new")},
            "channel": [channel.pk],
            "stood": [
                requests["live"].reference,
                Entry.objects.get(event="request.marked_live", subject=requests["live"].reference).link.seq,
            ],
            "decided": [requests["returned"].reference, requests["returned"].decisions.get().pk],
            **{name: [oscar.pk] for name in ("person", "person-join", "person-remove-name")},
            "import": [source.pk],
            "policy": [1],
            "history-entry": [Entry.objects.filter(event="request.commented")[0].pk],
            "mail": [_mailed(settings, tmp_path)],
            "account_reset_password_from_key": ["1", "used-up"],
        },
    )


def _requests(aurora, olivia, oscar, sam, sue):
    now = timezone.now()
    draft = lives.drafted(aurora, lives.coupon(LAMP, FLOOR_LAMP, **days(40, 44)), by=olivia, at=now)
    live = lives.live(aurora, lives.coupon(SET, **days(8, 12)), by=olivia, supervisor=sue, at=now)
    ended = lives.live(aurora, lives.price_discount(SET, **days(20, 23)), by=olivia, supervisor=sam, at=now)
    running.stop(reference=ended.reference, by=sam, at=now)
    approved = lives.approved(
        aurora, lives.price_discount(LAMP, percent="10.00", **days(9, 14)), by=oscar, supervisor=sue, at=now
    )
    withdrawn = lives.approved(
        aurora, lives.coupon(FLOOR_LAMP, **days(80, 84)), by=olivia, supervisor=sam, at=now
    )
    drafting.withdraw(reference=withdrawn.reference, by=olivia, at=now, may_run=True)
    in_review = lives.submitted(
        aurora, lives.coupon(LAMP, FLOOR_LAMP, percent="15.00", **days(10, 13)), by=olivia, at=now
    )
    for person, text in ((sam, f"@Olivia as {approved.reference}?"), (olivia, "Yes, <b>both</b>. " * 20)):
        discussing.say(
            reference=in_review.reference,
            by=person,
            at=now,
            revision=lives.as_shown(in_review, at=now)["revision"],
            body=text,
        )
    returned, seen_again = (
        _returned(aurora, lives.coupon(FLOOR_LAMP, **days(first, first + 3)), by=olivia, supervisor=sam)
        for first in (50, 60)
    )
    copy = drafting.copy(reference=seen_again.reference, by=oscar, at=now)
    drafting.edit(
        reference=seen_again.reference,
        revision=1,
        typed=lives.coupon(FLOOR_LAMP, SET, percent="5.00", **days(60, 66)),
        by=olivia,
        at=now,
    )
    return {
        "draft": draft,
        "doubtful": lives.drafted(
            aurora, lives.social_code(FLOOR_LAMP, one_per_customer=False, **days(70, 73)), by=olivia, at=now
        ),
        "returned": returned,
        "seen_again": lives.submit(seen_again, by=olivia, at=now),
        "copy": copy,
        "in_review": in_review,
        "approved": approved,
        "live": live,
        "ended": ended,
        "withdrawn": withdrawn,
    }


def _returned(aurora, typed, *, by, supervisor):
    now = timezone.now()
    request = lives.submitted(aurora, typed, by=by, at=now)
    lives.send_back(
        request, by=supervisor, at=now, note="Shorter, and less.", fields=["discount_value", "ends_at"]
    )
    return lives.again(request)


def _mailed(settings, tmp_path):
    """The key of a mail in the mailbox of the demonstration."""
    settings.DEMO = True
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.MAIL_FOLDER.mkdir()
    backend = get_connection(
        "django.core.mail.backends.filebased.EmailBackend", file_path=str(settings.MAIL_FOLDER)
    )
    backend.send_messages([EmailMessage("PR-1042 waits", "Hello Sam,", to=["sam@example.com"])])
    return mailbox.mails(settings.MAIL_FOLDER)[0].key


def troubles(page):
    """What is wrong with the page: serious findings, light and dark, and what 360 pixels cut off."""
    found = []
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
        # Dark has other colours and nothing else.
        rules = {} if theme == "light" else {"runOnly": ["color-contrast"]}
        answer = axe.run(page, options={"resultTypes": ["violations"], **rules}).response
        found += [
            f"{theme}: {violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for violation in answer["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"][:3]
        ]
    page.set_viewport_size({"width": WIDTH, "height": 740})
    found += [f"at {WIDTH}: {what}" for what in page.evaluate(CUT_OFF)]
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def looked_at(browse, world, pages):
    """What is wrong, by page; an answer other than 200 is no page."""
    wrong = []
    browsers = {}
    for name, who in pages.items():
        page = browsers.get(who) or browsers.setdefault(who, browse(world.people[who]))
        answer = page.goto(world.address(name))
        assert answer.status == 200, name
        assert page.url.endswith(world.address(name)), f"{name} leads to {page.url}"
        wrong += [f"{name}: {trouble}" for trouble in troubles(page)]
    return "\n\n".join(wrong)


def test_the_pages_of_requests_are_for_everybody(browse, world):
    assert not (wrong := looked_at(browse, world, OF_REQUESTS)), wrong


def test_the_pages_of_all_other_parts_are_for_everybody(browse, world):
    assert not (wrong := looked_at(browse, world, OF_PARTS)), wrong


def test_the_pages_of_signing_in_are_for_everybody(browse, live_server, world):
    secret = generate_totp_secret()
    ted = cast.person("Ted")
    TOTP.activate(ted, secret)
    recovery_code = RecoveryCodes.activate(ted).get_unused_codes()[0]
    page = browse()
    wrong = []

    for name in OF_SIGNING_IN:
        if name == "mfa_authenticate":
            page.goto(reverse("account_login"))
            page.locator("[name=login]").fill(ted.email)
            page.locator("[name=password]").fill(cast.PASSWORD)
            page.locator("[name=password]").press("Enter")
            page.wait_for_url(f"**{reverse('mfa_authenticate')}")
        else:
            if name == "account_reauthenticate":
                Authenticator.objects.filter(user=ted).delete()
            page.goto(world.address(name))
        assert page.url.endswith(world.address(name)), f"{name} leads to {page.url}"
        wrong += [f"{name}: {trouble}" for trouble in troubles(page)]
        if name == "mfa_authenticate":
            _answer(page, "code", format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
        if name == "mfa_reauthenticate":
            _answer(page, "code", recovery_code)
        if name == "account_reauthenticate":
            _answer(page, "password", cast.PASSWORD)

    assert not wrong, "\n\n".join(wrong)


def _answer(page, name, typed):
    field = page.locator(f"[name={name}]").first
    field.fill(typed)
    with page.expect_navigation():
        field.press("Enter")


def test_every_address_is_a_page_here_or_known_to_be_none():
    pages = {name.partition(":")[0] for name in (*OF_REQUESTS, *OF_PARTS, *OF_SIGNING_IN)}

    found = {name for name in names_in(get_resolver()) if not name.startswith("admin:")}

    assert found == pages | NO_PAGES
    assert pages.isdisjoint(NO_PAGES)


@pytest.mark.parametrize(
    ("spoilt", "looks", "told"),
    [
        ("<button></button>", "", "button-name"),
        ("<p>pale</p>", "color: #ddd; background: #fff", "light: color-contrast"),
        ("<p>dim</p>", "color: #555; background: #111", "dark: color-contrast"),
        ("<p>wide</p>", "width: 500px", "the page is"),
        ("<p><button>Approve</button></p>", "overflow: hidden; text-indent: 330px", "button Approve"),
    ],
)
def test_what_would_be_wrong_is_found(browse, aurora, ada, spoilt, looks, told):
    page = browse(ada)
    page.goto(reverse("preferences"))
    assert troubles(page) == []

    page.evaluate(
        """([html, looks]) => {
          const content = document.getElementById("content");
          content.insertAdjacentHTML("beforeend", html);
          content.lastElementChild.style.cssText = looks;
        }""",
        [spoilt, looks],
    )

    assert any(told in trouble for trouble in troubles(page))
