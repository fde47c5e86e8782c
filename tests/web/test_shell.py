"""The shell around every page, and the pages that stand when nothing else does."""

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from promoflow import web

pytestmark = pytest.mark.urls("tests.web.addresses")


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500", "503"])
def test_a_failure_page_needs_nothing_but_itself(name):
    page = render_to_string(f"{name}.html")

    assert page.count("<h1") == 1
    assert "data-failure" in page
    assert "nonce" not in page


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "My desk"),
        ("/request-list/PR-1/", "Requests"),
        ("/review-queue/", "Review"),
        ("/elsewhere/", None),
    ],
)
def test_the_page_one_is_on_is_marked(path, current):
    request = RequestFactory().get(path)

    shown = Template("{% load desk %}{% navigation %}").render(Context({"request": request}))

    marked = shown.split('aria-current="page"')
    assert len(marked) == (2 if current else 1)
    assert current is None or f"<span>{current}</span>" in marked[1].split("</a>")[0]


@pytest.mark.parametrize("demo", [True, False])
def test_the_mailbox_is_the_demonstrations_alone(settings, demo):
    settings.DEMO = demo
    request = RequestFactory().get("/")

    shown = Template("{% load desk %}{% navigation %}").render(Context({"request": request}))

    assert ("Mailbox" in shown) is demo


def test_turning_pages_keeps_the_filters():
    request = RequestFactory().get("/request-list/", {"q": "a&b", "page": "2"})
    page = Paginator(list(range(95)), 10).page(2)

    shown = Template("{% load desk %}{% pager page %}").render(Context({"request": request, "page": page}))

    assert 'href="?q=a%26b&amp;page=3"' in shown
    assert "11 to 20 of 95" in " ".join(shown.split())


def test_one_page_needs_no_pager():
    page = Paginator([1], 10).page(1)

    shown = Template("{% load desk %}{% pager page %}").render(
        Context({"request": RequestFactory().get("/"), "page": page})
    )

    assert "<nav" not in shown


def test_an_empty_list_says_what_to_do_first():
    shown = Template(
        '{% load desk %}{% empty title="No products" sentence="Import a report." url="/i/" label="Import" %}'
    ).render(Context())

    assert "Import a report." in shown
    assert '<a class="btn btn-primary" href="/i/">Import</a>' in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["login", "password/reset", "password/reset/done", "password/reset/key/1-x"]
)
def test_the_way_in_wears_the_look_of_the_desk(address):
    page = Client().get(f"/sign-in/{address}/")

    assert page.status_code == 200
    assert "desk.css" in page.text
    assert page.text.count("<h1") == 1
    assert "<script>" not in page.text


def test_a_signed_in_person_finds_every_part_and_the_way_out(mia):
    client = Client()
    client.force_login(mia, backend=settings.AUTHENTICATION_BACKENDS[0])

    page = client.get("/part/").text

    assert 'href="/review-queue/"' in page
    assert mia.name in page
    assert '<form method="post" action="/sign-in/logout/">' in page
    assert '<html lang="en">' in page


def test_somebody_who_is_not_signed_in_is_shown_no_parts():
    page = Client().get("/part/").text

    assert 'href="/review-queue/"' not in page
    assert 'href="/sign-in/login/"' in page


@pytest.mark.django_db
def test_a_wrong_password_says_that_nobody_was_signed_in():
    page = Client().post("/sign-in/login/", {"login": "nobody@example.com", "password": "wrong"})

    assert "You are not signed in." in page.text
    assert "Nothing was saved." not in page.text
    assert 'value="nobody@example.com"' in page.text


@pytest.mark.parametrize(
    ("cookie", "hint", "is_phone"),
    [
        (None, None, False),
        (None, "?0", False),
        (None, "?1", True),
        ("yes", None, True),
        ("yes", "?0", True),
        ("no", "?1", False),
    ],
)
def test_a_browser_on_a_phone_is_believed_until_its_window_is_known(rf, cookie, hint, is_phone):
    request = rf.get("/", headers={"Sec-CH-UA-Mobile": hint} if hint else {})
    if cookie:
        request.COOKIES["narrow"] = cookie

    assert web.on_a_phone(request) is is_phone
