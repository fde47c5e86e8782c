"""Every address, for everybody, in every state: what it answers, and that looking changes nothing."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from accounts.roles import OPERATOR, SUPERVISOR
from promoflow.audit.models import PEOPLES, Entry
from promoflow.audit.services import saving as searches
from promoflow.catalog.models import Product, Sku
from promoflow.outbox.models import Message
from promoflow.policies.selectors import open_draft
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import delegating, drafting, running, saving
from tests import cast
from tests.catalog import sending
from tests.everything import everything_stored, names_in
from tests.outbox.owing import added
from tests.policies import drafts
from tests.promotions import attachments, lives
from tests.promotions.lives import LAMP, SET
from tests.promotions.typed import EVIDENCE

pytestmark = pytest.mark.django_db

# --- Everybody, and a request in every state ------------------------------------------------------------

OPERATORS = {"author", "operator", "both"}
SUPERVISORS = {"supervisor", "twin", "both"}
INSIDERS = {*OPERATORS, *SUPERVISORS, "auditor", "manager"}
OUTSIDERS = {"stranger", "superuser"}
EVERYBODY = INSIDERS | OUTSIDERS


@pytest.fixture(autouse=True)
def _now(monkeypatch, settings):
    """The clock stands where the requests of these tests are, and nothing makes a PDF."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    settings.CHROMIUM = "/nowhere"


@pytest.fixture
def people(aurora, olivia, oscar, sue, twin, ada, mia, stranger, root):
    """`both` holds two roles and edited the request; `twin` is the author's other account."""
    both = cast.grant(cast.grant(cast.person("Penny"), aurora, OPERATOR), aurora, SUPERVISOR)
    return {
        "author": olivia,
        "operator": oscar,
        "both": both,
        "supervisor": sue,
        "twin": twin,
        "auditor": ada,
        "manager": mia,
        "stranger": stranger,
        "superuser": root,
    }


@pytest.fixture
def in_state(aurora, people, sam):
    """A request of the author's, edited by `both` and decided by sam, in the wanted state."""

    def brought(state, start=10):
        author = people["author"]
        request = lives.drafted(aurora, lives.coupon(LAMP, days=2, start=start), by=author)
        drafting.edit(
            reference=request.reference,
            revision=1,
            typed=lives.coupon(LAMP, start=start),
            by=people["both"],
            at=lives.NOW,
        )
        for step in WAYS[state]:
            step(request, author, sam)
        return lives.again(request)

    return brought


def _submit(request, author, sam):
    lives.submit(request, by=author)


def _approve(request, author, sam):
    lives.approve(request, by=sam)


def _go_live(request, author, sam):
    lives.go_live(request, by=author)


def _stop(request, author, sam):
    running.stop(reference=request.reference, by=sam, at=lives.NOW)


def _reject(request, author, sam):
    lives.reject(request, by=sam, note="No.")


def _withdraw(request, author, sam):
    drafting.withdraw(reference=request.reference, by=author, at=lives.NOW)


WAYS = {
    State.DRAFT: [],
    State.IN_REVIEW: [_submit],
    State.APPROVED: [_submit, _approve],
    State.LIVE: [_submit, _approve, _go_live],
    State.ENDED: [_submit, _approve, _go_live, _stop],
    State.REJECTED: [_submit, _reject],
    State.CANCELLED: [_withdraw],
}


def browser_of(person):
    client = cast.Client()
    if person is not None:
        client.force_login(person)
    return client


@pytest.fixture
def browsers(people):
    return {"anonymous": cast.Client(), **{who: browser_of(person) for who, person in people.items()}}


def undone(browser, method, address, typed=None):
    """What somebody gets, and what that leads to, before it is all undone for the next one."""
    before, last = transaction.savepoint(), Entry.objects.order_by("pk").last()
    status = getattr(browser, method.lower())(address, typed or {}).status_code
    # Whoever is refused a deed stands in the history, whatever the page and whoever it was.
    if method == "POST" and status in (403, 409):
        refused = Entry.objects.filter(pk__gt=last.pk, outcome="refused")
        assert refused.exists(), f"{address} refused with {status} and no entry"
    states = dict(PromotionRequest.objects.values_list("pk", "state"))
    transaction.savepoint_rollback(before)
    # Where somebody wrote something, the page that leads to signing in hands it back.
    return 302 if status == HTTPStatus.UNAUTHORIZED else status, states


# --- The workflow ---------------------------------------------------------------------------------------

ALWAYS = set(State)
BEFORE_LIVE = {State.DRAFT, State.IN_REVIEW, State.APPROVED}


@dataclass(frozen=True)
class Deed:
    """Who may do it in which states, what it answers then, and which state the request is in afterwards."""

    may: set[str]
    states: set[str]
    status: int
    leads_to: str = ""
    never: frozenset[str] = frozenset()
    """Who may not although they hold the role."""
    person_first: bool = True
    """Whether those hear so in every state, or only in one that would allow it."""

    def answer(self, who, state):
        if who == "anonymous":
            return 302
        if who in OUTSIDERS:
            return 404
        refused = who in self.never and (self.person_first or state in self.states)
        if who not in self.may or refused:
            return 403
        return self.status if state in self.states else 409

    def state_after(self, who, state):
        return self.leads_to if self.leads_to and self.answer(who, state) == self.status else state


WROTE = frozenset({"both", "twin"})
DEEDS = {
    ("GET", "request"): Deed(INSIDERS, ALWAYS, 200),
    ("GET", "request-edit"): Deed(OPERATORS, BEFORE_LIVE, 200),
    ("POST", "request-edit"): Deed(OPERATORS, BEFORE_LIVE, 422),
    ("POST", "request-copy"): Deed(OPERATORS, ALWAYS, 303),
    ("GET", "request-submit"): Deed(OPERATORS, {State.DRAFT}, 200),
    ("POST", "request-submit"): Deed(OPERATORS, {State.DRAFT}, 303, State.IN_REVIEW),
    ("GET", "request-withdraw"): Deed(OPERATORS | SUPERVISORS, BEFORE_LIVE, 200),
    ("POST", "request-withdraw"): Deed(OPERATORS | SUPERVISORS, BEFORE_LIVE, 303, State.CANCELLED),
    ("POST", "request-approve"): Deed(SUPERVISORS, {State.IN_REVIEW}, 303, State.APPROVED, WROTE),
    ("POST", "request-return"): Deed(SUPERVISORS, {State.IN_REVIEW}, 303, State.DRAFT, WROTE),
    ("POST", "request-reject"): Deed(SUPERVISORS, {State.IN_REVIEW}, 303, State.REJECTED, WROTE),
    ("POST", "request-claim"): Deed(SUPERVISORS, {State.IN_REVIEW}, 303, never=WROTE),
    # Nobody is on any of these; test_claiming_pages.py releases one.
    ("POST", "request-release"): Deed(INSIDERS, set(), 303),
    ("GET", "request-live"): Deed(OPERATORS, {State.APPROVED}, 200),
    ("POST", "request-live"): Deed(OPERATORS, {State.APPROVED}, 303, State.LIVE),
    ("GET", "request-verify"): Deed(
        SUPERVISORS, {State.LIVE}, 200, never=frozenset({"twin"}), person_first=False
    ),
    ("POST", "request-verify"): Deed(
        SUPERVISORS, {State.LIVE}, 303, never=frozenset({"twin"}), person_first=False
    ),
    ("POST", "request-comment"): Deed(INSIDERS, ALWAYS, 303),
    # None of these has an alarm; test_publishing_pages.py settles one.
    ("POST", "request-settle"): Deed(SUPERVISORS, set(), 303, never=WROTE),
    # None of these was approved and withdrawn; test_may_run.py clears one.
    ("GET", "request-clear"): Deed(OPERATORS | SUPERVISORS, set(), 200),
    ("POST", "request-clear"): Deed(OPERATORS | SUPERVISORS, set(), 303),
    ("POST", "request-amend"): Deed(OPERATORS, {State.LIVE}, 303),
    ("GET", "request-shorten"): Deed(OPERATORS | SUPERVISORS, {State.LIVE}, 200),
    ("POST", "request-shorten"): Deed(OPERATORS | SUPERVISORS, {State.LIVE}, 303),
    ("GET", "request-asins"): Deed(INSIDERS, ALWAYS, 200),
    ("GET", "request-dossier"): Deed(INSIDERS, ALWAYS, 200),
    # No browser is here for it; test_dossier.py makes them.
    ("GET", "request-dossier-pdf"): Deed(INSIDERS, set(), 200),
    ("GET", "request-coupon-sheet"): Deed(INSIDERS, {State.APPROVED, State.LIVE}, 200),
    ("GET", "request-stop"): Deed(OPERATORS | SUPERVISORS, {State.LIVE}, 200),
    ("POST", "request-stop"): Deed(OPERATORS | SUPERVISORS, {State.LIVE}, 303, State.ENDED),
}
ONLY_POSTED = {
    *("request-copy", "request-approve", "request-return", "request-reject", "request-settle"),
    *("request-claim", "request-release", "request-comment", "request-amend"),
}
ONLY_READ = {"request", "request-asins", "request-coupon-sheet", "request-dossier", "request-dossier-pdf"}


def typed_for(name, request, people):
    """What the form would send, and what only a forger would."""
    shown = lives.as_shown(request)
    forms = {
        "request-submit": {"revision": request.newest.number, "report": shown["report"]},
        "request-approve": shown,
        "request-withdraw": {"set_up": "maybe"},
        "request-return": {"revision": shown["revision"], "note": "Shorter."},
        "request-reject": {"revision": shown["revision"], "note": "Never."},
        "request-comment": {"revision": shown["revision"], "body": "Well?"},
        "request-live": {**EVIDENCE, "revision": shown["revision"]},
        "request-verify": EVIDENCE,
        "request-shorten": {"smaller_budget": "200"},
        "request-settle": {"note": "It ends tomorrow."},
    }
    other = people["supervisor"].pk
    forged = {"state": "approved", "by": other, "decided_by": other, "approver": other, "live_by": other}
    return forged | forms.get(name, {})


@pytest.mark.parametrize("state", list(State))
def test_a_deed_answers_each_person_by_role_and_state(in_state, browsers, people, state):
    request = in_state(state)
    wrong = {}

    for (method, name), deed in DEEDS.items():
        address, typed = reverse(name, args=[request.reference]), typed_for(name, request, people)
        for who, browser in browsers.items():
            status, states = undone(browser, method, address, typed if method == "POST" else None)
            found, expected = (
                (status, states[request.pk]),
                (deed.answer(who, state), deed.state_after(who, state)),
            )
            if found != expected:
                wrong[method, name, who] = f"{found} instead of {expected}"

    assert wrong == {}


def test_what_is_only_posted_or_only_read_takes_nothing_else(in_state, browsers):
    request = in_state(State.IN_REVIEW)

    for method, names, status in (("GET", ONLY_POSTED, 303), ("POST", ONLY_READ, 405)):
        for name in names:
            address = reverse(name, args=[request.reference])
            found = {who: undone(browser, method, address)[0] for who, browser in browsers.items()}

            assert found == {**dict.fromkeys(browsers, status), "anonymous": 302}


# --- All other addresses --------------------------------------------------------------------------------

ANY = {200: EVERYBODY}
INSIDE = {200: INSIDERS, 404: OUTSIDERS}
WRONG = {422: EVERYBODY}
NEVER = {405: EVERYBODY}
# To open what only takes a form leads to the page above it, whatever that says to this person.
LED_BACK = {303: EVERYBODY}
IMPORTERS = OPERATORS | {"manager"}
KEEPERS = {"manager", "superuser"}


def _kept(status, by, *, hidden_from=frozenset({"stranger"})):
    return {status: by, 403: EVERYBODY - by - hidden_from, 404: set(hidden_from)}


WITH_A_ROLE = {200: INSIDERS, 403: OUTSIDERS}


def _only(by, status):
    return {status: by, 403: EVERYBODY - by}


OTHERS = {
    "policy-list": (ANY, NEVER),
    "policy": (WITH_A_ROLE, NEVER),
    "policy-open": (LED_BACK, _only({"manager"}, 409)),
    "policy-draft": (WITH_A_ROLE, NEVER),
    "policy-edit": (_only({"manager"}, 200), _only({"manager"}, 422)),
    "policy-discard": (_only({"manager"}, 200), _only({"manager"}, 303)),
    # The manager of these tests drafted it; the author's second account did not.
    "policy-publish": (LED_BACK, _only(SUPERVISORS, 303)),
    "desk": (ANY, NEVER),
    "request-list": (ANY, NEVER),
    "request-new": (ANY, ANY),
    "request-check": (LED_BACK, {404: EVERYBODY}),
    "review-queue": (ANY, NEVER),
    "review-return": (LED_BACK, WRONG),
    "filter-save": (LED_BACK, WRONG),
    # The supervisor of these tests named it.
    "filter-delete": (LED_BACK, {303: {"supervisor"}, 404: EVERYBODY - {"supervisor"}}),
    "absence": (_only(SUPERVISORS | {"manager"}, 200), _only(SUPERVISORS | {"manager"}, 422)),
    # The supervisor of these tests is away, and `both` decides meanwhile.
    "absence-end": (
        LED_BACK,
        {303: {"supervisor", "manager"}, 403: {"both"}, 404: EVERYBODY - {"supervisor", "manager", "both"}},
    ),
    "calendar": ({303: INSIDERS, 200: OUTSIDERS}, NEVER),
    "request-screenshot": (INSIDE, NEVER),
    "request-decision": (INSIDE, NEVER),
    "request-stood": (INSIDE, NEVER),
    "store-calendar": (INSIDE, NEVER),
    "product": (INSIDE, NEVER),
    "product-what-if": (INSIDE, NEVER),
    "product-list": (ANY, NEVER),
    "product-change": (
        _kept(200, {"manager"}, hidden_from=OUTSIDERS),
        _kept(409, {"manager"}, hidden_from=OUTSIDERS),
    ),
    "product-retire-sku": (LED_BACK, _kept(303, {"manager"}, hidden_from=OUTSIDERS)),
    "store-list": (ANY, NEVER),
    "store-new": (_kept(200, KEEPERS, hidden_from=frozenset()), _kept(422, KEEPERS, hidden_from=frozenset())),
    "store": (_kept(200, EVERYBODY - {"stranger"}), NEVER),
    "store-change": (_kept(200, KEEPERS), _kept(422, KEEPERS)),
    "store-grant": (LED_BACK, _kept(303, KEEPERS)),
    "store-revoke": (LED_BACK, _kept(303, KEEPERS)),
    "import-list": (ANY, NEVER),
    "import-new": (ANY, WRONG),
    "import": (INSIDE, NEVER),
    "import-apply": (LED_BACK, _kept(409, IMPORTERS, hidden_from=OUTSIDERS)),
    "import-discard": (LED_BACK, _kept(303, IMPORTERS, hidden_from=OUTSIDERS)),
    "import-refused": (INSIDE, NEVER),
    "import-unnamed": (INSIDE, NEVER),
    "search-save": (LED_BACK, WRONG),
    "search-delete": (LED_BACK, {303: {"supervisor"}, 404: EVERYBODY - {"supervisor"}}),
    "history": (ANY, NEVER),
    "history-csv": (ANY, NEVER),
    "history-entry": (INSIDE, NEVER),
    "kept": (ANY, NEVER),
    # Nothing is signed here.
    "history-proof": (ANY, NEVER),
    "history-checkpoint": ({404: EVERYBODY}, NEVER),
    "history-consistency": ({404: EVERYBODY}, NEVER),
    "history-receipt": ({409: INSIDERS, 404: OUTSIDERS}, NEVER),
    **dict.fromkeys(
        ("report-list", "report", "report-csv", "report-xlsx"), (_only({"auditor", "manager"}, 200), NEVER)
    ),
    "store-office-hours": (
        _kept(200, {"manager"}, hidden_from=OUTSIDERS),
        _kept(422, {"manager"}, hidden_from=OUTSIDERS),
    ),
    "preferences": (ANY, WRONG),
    "person-new": (
        _kept(200, KEEPERS, hidden_from=frozenset()),
        _kept(422, KEEPERS, hidden_from=frozenset()),
    ),
    "person": (_kept(200, EVERYBODY - {"stranger"}), _kept(422, EVERYBODY - {"stranger"})),
    "person-invite": (LED_BACK, _kept(409, KEEPERS)),
    "person-deactivate": (LED_BACK, _kept(303, KEEPERS)),
    "person-reactivate": (LED_BACK, _kept(409, KEEPERS)),
    "person-two-step-off": (LED_BACK, _kept(409, KEEPERS)),
    "person-remove-name": (_kept(200, EVERYBODY - {"stranger"}), _kept(409, KEEPERS)),
    "person-join": (_kept(200, KEEPERS), _kept(422, KEEPERS)),
    "inbox": (ANY, NEVER),
    "inbox-read-all": (LED_BACK, {303: EVERYBODY}),
    # The message of these tests is the supervisor's.
    "inbox-open": (LED_BACK, _only({"supervisor"}, 303)),
    "inbox-read": (LED_BACK, _only({"supervisor"}, 303)),
    "telling": (ANY, WRONG),
    "telling-add": (ANY, WRONG),
    "store-channels": (_only({"manager"}, 200), NEVER),
    "store-channel-new": (_only({"manager"}, 200), _only({"manager"}, 422)),
    "channel": (_only({"manager"}, 200), _only({"manager"}, 422)),
    "channel-test": (LED_BACK, _only({"manager"}, 303)),
    "channel-pause": (LED_BACK, _only({"manager"}, 303)),
    "channel-resume": (LED_BACK, _only({"manager"}, 303)),
    "channel-remove": (LED_BACK, _only({"manager"}, 303)),
    "mailbox": ({404: EVERYBODY}, NEVER),
    "mail": ({404: EVERYBODY}, NEVER),
    # Outside of the demonstration there is nothing there, for whoever is not signed in neither.
    "demo-codes": ({404: EVERYBODY | {"anonymous"}}, {405: EVERYBODY | {"anonymous"}}),
    "undelivered": (ANY, NEVER),
    "message-retry": (LED_BACK, {303: {"manager"}, 403: EVERYBODY - {"manager"}}),
}

# Signing in and one's own account: allauth's pages, and what somebody gets who is not signed in.
OPEN = {
    "health",
    "person-here",
    "account_login",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
OF_ONES_OWN = {
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}


@pytest.fixture
def arguments(aurora, people, in_state, sam, service):
    """What the addresses of single things point at; a draft of the rules is open."""
    drafts.drafted({"floor.default_percent.value": 40}, by=people["manager"])
    request = in_state(State.IN_REVIEW)
    Sku.objects.create(store=aurora, product=Product.objects.get(asin=LAMP), sku="AU-1")
    shown = lives.approved(aurora, lives.coupon(SET), by=people["author"], supervisor=sam)
    lives.go_live(shown, by=people["author"], screenshot=Screenshot(attachments.picture(), "image/png"))
    source = sending.read(aurora, sending.report(sending.line("AU-1", LAMP)), by=people["operator"])
    screenshot = [shown.reference, shown.attachments.get().pk]
    in_a_store = {name: [request.reference] for _method, name in DEEDS} | {
        "request-screenshot": screenshot,
        "request-decision": [shown.reference, shown.decisions.get().pk],
    }
    cast.committed()
    approved = Entry.objects.get(event="request.approved", subject=shown.reference)
    in_a_store["request-stood"] = [shown.reference, approved.link.seq]
    channel = added(people["manager"], aurora, at=lives.NOW)
    told = Message.objects.filter(recipient=people["supervisor"], channel=None)[0].pk
    away = delegating.name(
        store=aurora,
        delegate=people["both"],
        starts_at=lives.NOW + timedelta(days=1),
        ends_at=lives.NOW + timedelta(days=2),
        by=people["supervisor"],
        at=lives.NOW,
    )
    single = {
        "absence-end": away.pk,
        **dict.fromkeys(
            ("history-entry", "history-receipt"),
            Entry.objects.filter(PEOPLES, subject=request.reference)[0].pk,
        ),
        **dict.fromkeys((name for name in OTHERS if name.startswith("channel")), channel.pk),
        "inbox-open": told,
        "inbox-read": told,
        "message-retry": Message.objects.all()[0].pk,
        "mail": "nothing",
        **dict.fromkeys(("report", "report-csv", "report-xlsx"), "approvers"),
        "policy": 1,
        "search-delete": searches.save(
            name="Hers", query="event=store.changed", by=people["supervisor"], at=lives.NOW
        ).pk,
        "filter-delete": saving.save(
            name="Coupons", query="kind=coupon", by=people["supervisor"], at=lives.NOW
        ).pk,
    }

    def of(name):
        if name.startswith("product") and name != "product-list":
            return [aurora.pk, LAMP]
        if name.startswith("store") and name not in ("store-list", "store-new"):
            return [aurora.pk]
        if name.startswith("import") and name not in ("import-list", "import-new"):
            return [source.pk]
        if name.startswith("person") and name != "person-new":
            return [people["operator"].pk]
        if name in in_a_store:
            return in_a_store[name]
        if name == "account_reset_password_from_key":
            return ["1", "used-up"]
        return [single[name]] if name in single else []

    return of


def forms_of(people):
    return {
        "product-retire-sku": {"sku": "AU-1"},
        "store-grant": {"person": people["supervisor"].pk, "role": "auditor"},
        "policy-publish": drafts.as_shown(open_draft()),
        "store-revoke": {"person": people["operator"].pk, "role": "operator"},
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_address_answers_each_person_as_listed(arguments, browsers, people, method):
    wrong = {}

    for name, listed in OTHERS.items():
        address = reverse(name, args=arguments(name))
        typed = forms_of(people).get(name, {"sent": "yes"}) if method == "POST" else None
        expected = {who: status for status, them in listed[method == "POST"].items() for who in them}
        for who, browser in browsers.items():
            status, _states = undone(browser, method, address, typed)
            if status != {"anonymous": 302, **expected}[who]:
                wrong[name, who] = f"{status} instead of {expected[who]}"

    assert wrong == {}


@pytest.mark.parametrize("to", ["open", "one's own"])
def test_who_is_not_signed_in_reaches_only_what_signs_in(arguments, to):
    for name in OPEN if to == "open" else OF_ONES_OWN:
        status = cast.Client().get(reverse(name, args=arguments(name))).status_code

        assert status == (200 if to == "open" else 302), name


def test_every_address_is_listed():
    found = {name for name in names_in(get_resolver()) if not name.startswith("admin:")}

    assert found == {name for _method, name in DEEDS} | set(OTHERS) | OPEN | OF_ONES_OWN


# --- Looking changes nothing ----------------------------------------------------------------------------


def test_looking_changes_nothing(browsers, arguments, in_state):
    requests = [in_state(state, start=20 + 7 * week) for week, state in enumerate(State)]
    addresses = [reverse(name, args=arguments(name)) for name in OTHERS]
    for method, name in DEEDS:
        if method == "GET":
            addresses += [reverse(name, args=[request.reference]) for request in requests]
    before = everything_stored()

    for browser in browsers.values():
        for address in addresses:
            browser.get(address)

    assert everything_stored() == before


# --- The admin site -------------------------------------------------------------------------------------


def test_only_staff_enters_the_admin_site_through_the_desks_sign_in(people):
    for who, browser in {"anonymous": cast.Client(), "supervisor": browser_of(people["supervisor"])}.items():
        response = browser.get("/admin/promotions/promotionrequest/", follow=True)

        assert response.status_code == (200 if who == "anonymous" else 403)
        assert "Save" not in response.content.decode()
    assert cast.Client().get("/admin/", follow=True).request["PATH_INFO"] == reverse("account_login")


def test_the_admin_site_shows_rows_and_takes_no_change_of_any(people, in_state, sam):
    request = in_state(State.LIVE)
    browser = browser_of(people["superuser"])
    before = everything_stored()

    for model in ("promotions/promotionrequest", "promotions/decision", "catalog/product", "accounts/user"):
        listed = browser.get(f"/admin/{model}/")
        rows = [request.pk, request.decisions.get().pk, Product.objects.first().pk, sam.pk]
        for pk in rows:
            for deed in ("change", "delete"):
                response = browser.post(f"/admin/{model}/{pk}/{deed}/", {"state": "approved", "post": "yes"})
                assert response.status_code in (302, 403)
        assert listed.status_code == 200
        assert browser.post(f"/admin/{model}/add/", {}).status_code == 403
        ticked = {"action": "delete_selected", "_selected_action": rows}
        assert browser.post(f"/admin/{model}/", ticked).status_code in (200, 302, 403)

    assert everything_stored() == before


def test_the_admin_site_holds_nothing_but_what_the_desk_registered(people):
    page = browser_of(people["superuser"]).get("/admin/").content.decode()

    for not_here in ("/admin/auth/group/", "/admin/mfa/", "/admin/outbox/", "/admin/sessions/"):
        assert not_here not in page
    assert "/admin/promotions/decision/" in page


def test_no_password_stands_in_the_admin_site(people, olivia):
    olivia.set_password("a-long-password-of-hers")
    olivia.save()

    page = browser_of(people["superuser"]).get(f"/admin/accounts/user/{olivia.pk}/change/").content.decode()

    assert "pbkdf2" not in page
    assert "md5" not in page
