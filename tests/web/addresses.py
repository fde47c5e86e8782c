"""Addresses for the tests of the shell: a view for each answer, and the names that the shell links to."""

from datetime import timedelta

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.urls import include, path
from django.utils import timezone

from accounts import views
from promoflow import errors, sheets, web


class Question(forms.Form):
    title = forms.CharField(max_length=5, help_text="What <b>shoppers</b> read.")
    audience = forms.ChoiceField(choices=[("all", "All")], widget=forms.RadioSelect, help_text="Who sees it.")
    note = forms.CharField(required=False, widget=forms.Textarea)
    sure = forms.BooleanField(required=False)
    secret = forms.IntegerField(widget=forms.HiddenInput, required=False)


REFUSALS = {
    "not-allowed": lambda: errors.NotAllowed("Nobody approves <their> own."),
    "wrong-state": lambda: errors.WrongState("PR-1 was withdrawn."),
    "stale": lambda: errors.Stale("Mei saved revision 3.", ["Discount: 20 became 30"]),
    "blocked": lambda: errors.Blocked("One reason stops it.", ["Below the floor of 12.00"]),
}


def refuse(request: HttpRequest, what: str) -> HttpResponse:
    raise REFUSALS[what]()


def part(request: HttpRequest) -> HttpResponse:
    return web.respond(
        request,
        page="refused.html",
        fragment="_refused.html",
        context={"title": "A part", "sentence": "Here."},
    )


TRIAL = """{% extends "base.html" %}{% load desk %}
{% block title %}Trial{% endblock %}{% block heading %}Trial{% endblock %}
{% block content %}
  {% instant then %}
  <form method="post">{% csrf_token %}{% form_errors form %}{% field form.title %}</form>
  <button hx-post="/refuse/stale/" hx-target="#part">Refuse</button>
  <button hx-post="/broken/" hx-target="#part">Break</button>
  <button hx-get="/part/" hx-target="#part">Fetch</button>
  <button hx-post="/done/" hx-target="#part">Do</button>
  <button hx-get="/elsewhere/" hx-target="#part">Miss</button>
  <a href="/product-list/" data-dialog="sure">Stop it</a>
  <dialog id="sure" aria-labelledby="sure-title">
    <h2 id="sure-title">Stop it?</h2><button type="button" data-close>Keep it</button>
  </dialog>
  <div id="part"></div>
{% endblock %}"""


def trial(request: HttpRequest) -> HttpResponse:
    form = Question({"title": "too long"}) if "wrong" in request.GET else Question()
    context = {"form": form, "then": timezone.now() - timedelta(hours=3, minutes=1)}
    return HttpResponse(engines["django"].from_string(TRIAL).render(context, request))


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html"), status=500)


def inline(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{PAGE}<script>document.title = 'ran'</script>")


def done(request: HttpRequest) -> HttpResponse:
    response = web.redirect("product-list")
    response.set_cookie("kept", "yes")
    return response


PAGE = '<!doctype html><title>x</title><link rel="icon" href="data:,">'


def ask(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


def locked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for those who are signed in")


def download(request: HttpRequest) -> HttpResponse:
    return sheets.csv_response("今日.csv", ["=name", "amount"], [["=1+1", 5]])  # type: ignore[return-value]


NAMES = [
    "desk",
    "request-list",
    "review-queue",
    "calendar",
    "product-list",
    "import-list",
    "policy-list",
    "history",
    "store-list",
    "mailbox",
    "inbox",
    "telling",
    "preferences",
    "health",
]

urlpatterns = [
    *[path(f"{name}/" if name != "desk" else "", login_not_required(ask), name=name) for name in NAMES],
    path("refuse/<str:what>/", login_not_required(refuse)),
    path("part/", login_not_required(part)),
    path("trial/", login_not_required(trial)),
    path("broken/", login_not_required(broken)),
    path("inline/", login_not_required(inline)),
    path("done/", login_not_required(done)),
    path("download/", login_not_required(download)),
    path("locked/", locked),
    path("people/<int:pk>/here/", views.here, name="person-here"),
    path("sign-in/", include("allauth.urls")),
]
