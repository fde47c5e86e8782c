"""Refusals become answers, and htmx gets parts of pages."""

import html
import re

import pytest
from django.test import Client

from tests import cast

pytestmark = [pytest.mark.urls("tests.web.addresses"), pytest.mark.django_db]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("not-allowed", 403, "Nobody approves &lt;their&gt; own."),
        ("wrong-state", 409, "PR-1 was withdrawn."),
        ("stale", 409, "Discount: 20 became 30"),
        ("blocked", 422, "Below the floor of 12.00"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_refusal_says_what_why_and_what_next(client, what, status, said, method):
    page = getattr(client, method)(f"/refuse/{what}/")
    fragment = getattr(client, method)(f"/refuse/{what}/", headers=HTMX)

    assert page.status_code == fragment.status_code == status
    assert "</html>" in page.text
    assert "html" not in fragment.text.lower()
    for answer in (page, fragment):
        assert said in answer.text
        assert "Nothing was changed." in answer.text
        assert "HX-Request" in answer["Vary"]


def test_a_refused_part_goes_to_the_refusal_area(client):
    answer = client.post("/refuse/stale/", headers=HTMX)

    assert answer["HX-Retarget"] == "#refusal"
    assert answer["HX-Reswap"] == "innerHTML"


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/requests/PR-1/", "http://testserver/requests/PR-1/"),
        ("https://elsewhere.example/requests/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_never_leads_elsewhere(client, came_from, back):
    answer = client.post("/refuse/stale/", headers={"Referer": came_from})

    assert f'href="{back}"' in answer.text.split('<main class="main"')[1]


def test_other_errors_are_not_hidden(client):
    with pytest.raises(KeyError):
        client.get("/refuse/unknown/")


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        (HTMX, False),
        (HTMX | {"HX-Boosted": "true"}, True),
        (HTMX | {"HX-History-Restore-Request": "true"}, True),
    ],
)
def test_htmx_gets_a_part_unless_it_needs_the_page(client, headers, whole):
    answer = client.get("/part/", headers=headers)

    assert ("<html" in answer.text) is whole
    assert "HX-Request" in answer["Vary"]


def test_after_a_deed_the_browser_sees_another_page(client):
    answer = client.post("/done/")

    assert answer.status_code == 303
    assert answer["Location"] == "/product-list/"


def test_after_a_deed_htmx_leaves_the_page_and_keeps_the_cookies(client):
    answer = client.post("/done/", headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/product-list/"
    assert answer.cookies["kept"].value == "yes"


def test_htmx_after_an_expired_sign_in_comes_back_to_the_page_not_the_part(client):
    answer = client.get(
        "/locked/?part=1", headers=HTMX | {"HX-Current-URL": "http://testserver/product-list/?q=a"}
    )

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/login/?next=%2Fproduct-list%2F%3Fq%3Da"


def test_htmx_from_elsewhere_comes_back_to_the_desk(client):
    answer = client.get("/locked/", headers=HTMX | {"HX-Current-URL": "https://elsewhere.example/x"})

    assert answer["HX-Redirect"] == "/sign-in/login/?next=%2F"


def test_a_page_whose_form_htmx_sends_stays_where_nobody_is_signed_in_and_asks_for_that(client):
    typed = client.post("/locked/", headers=HTMX | {"HX-Current-URL": "http://testserver/product-list/?q=a"})

    assert typed.status_code == 204
    assert typed["HX-Trigger"] == "signed-out"
    assert "HX-Redirect" not in typed


def test_a_form_sent_to_signing_in_leaves_its_mark_on_the_way_back(client):
    sent = client.post("/locked/?kind=coupon", {"title": "Lamps"})
    opened = client.get("/locked/")

    assert sent["Location"] == "/sign-in/login/?next=%2Flocked%2F%3Fkind%3Dcoupon%26unsent%3D1"
    assert opened["Location"] == "/sign-in/login/?next=/locked/"


@pytest.mark.parametrize("written", ["The price <fell> again.", "价格又跌了", "first line\nsecond"])
def test_what_somebody_wrote_in_a_form_that_is_sent_to_signing_in_is_theirs_to_copy(client, written):
    told = client.post("/locked/?kind=coupon", {"note": written, "asin": "B0AURORA01", "once": "0" * 32})

    assert told.status_code == 401
    [text] = re.findall(r"<textarea[^>]*readonly[^>]*>(.*?)</textarea>", told.text, re.DOTALL)
    assert html.unescape(text) == written
    assert 'href="/sign-in/login/?next=%2Flocked%2F%3Fkind%3Dcoupon%26unsent%3D1"' in told.text


def test_no_password_is_shown_to_whoever_finds_the_page_open(client):
    secret = {"oldpassword": cast.PASSWORD, "password1": cast.PASSWORD, "note": "two words"}

    assert cast.PASSWORD not in client.post("/locked/", secret).text
    # A code may be typed in two halves; of the pages that ask for secrets nothing is kept.
    assert client.post("/sign-in/password/change/", {"note": "123 456"}).status_code == 302


@pytest.mark.parametrize("path", ["/locked/", "//elsewhere.example/"])
def test_the_mark_is_taken_off_and_leads_nowhere_else(client, stranger, path):
    client.force_login(stranger)

    answer = client.get(f"http://testserver{path}?kind=coupon&unsent=1")

    assert answer.status_code == 303
    assert answer["Location"] == f"{path.replace('//', '/%2F')}?kind=coupon"


def test_no_page_may_run_what_it_did_not_bring(client):
    policy = client.get("/part/")["Content-Security-Policy"]

    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
