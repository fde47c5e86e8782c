"""Somebody at the desk: opens pages, fills in the forms that they find there, and sends them."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests import cast

_HTMX = {"HX-Request": "true"}
_VOID = {"input", "br", "img", "link", "meta", "hr", "col", "source", "use", "path"}


class Form:
    """A form of a page: where it goes, whether htmx sends it, and what stands in its fields."""

    def __init__(self, attributes: dict[str, str | None], address: str) -> None:
        self.id = attributes.get("id")
        self.action = attributes.get("action") or address
        self.is_post = (attributes.get("method") or "get").lower() == "post"
        self.by_htmx = attributes.get("hx-post")
        self.fields: dict[str, list[str]] = {}


class Page(HTMLParser):
    """A page read as a person reads it: its words, its links, and its forms."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.disabled: set[str] = set()
        self._words: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._late: list[tuple[str, str, str]] = []
        self.feed(html)
        for form, name, value in self._late:
            self._named(form).fields.setdefault(name, []).append(value)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())

    def form(self, action: str) -> Form:
        """The form that is sent there."""
        [found] = [form for form in self.posts if urlsplit(form.action).path == action]
        return found

    @property
    def posts(self) -> list[Form]:
        return [form for form in self.forms if form.is_post]

    def has_form(self, action: str) -> bool:
        return any(form.action == action for form in self.posts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in _VOID:
            self._open.append((tag, attributes))
        if tag == "form":
            self.forms.append(Form(attributes, self.address))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"] or "")
        if tag == "input" and attributes.get("name"):
            self._input(attributes)
        if tag == "option" and "selected" in attributes:
            self._fill(self._last("select"), attributes.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _attributes in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _attributes in self._open]
        if "textarea" in inside:
            self._fill(self._last("textarea"), data.strip())
        elif "script" not in inside and "style" not in inside:
            self._words.append(data)
        if inside[-1:] == ["button"] and "disabled" in self._last("button"):
            self.disabled.add(data.strip())

    def _input(self, attributes: dict[str, str | None]) -> None:
        if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
            return
        self._fill(attributes, attributes.get("value") or "")

    def _fill(self, attributes: dict[str, str | None], value: str) -> None:
        name = attributes.get("name")
        if not name:
            return
        if attributes.get("form"):
            self._late.append((attributes["form"] or "", name, value))
        elif any(tag == "form" for tag, _attributes in self._open):
            self.forms[-1].fields.setdefault(name, []).append(value)

    def _last(self, tag: str) -> dict[str, str | None]:
        return next(attributes for name, attributes in reversed(self._open) if name == tag)

    def _named(self, form_id: str) -> Form:
        return next(form for form in self.forms if form.id == form_id)


class Visitor:
    """A person with a browser of their own; with `htmx` what htmx would send goes as htmx sends it."""

    def __init__(self, person: User, *, htmx: bool) -> None:
        self.client = Client()
        self.htmx = htmx
        self.status = 0
        self.page = Page("", "")
        self.open(reverse("account_login"))
        self.send(reverse("account_login"), login=person.email, password=cast.PASSWORD)
        if self.page.has_form(reverse("mfa_authenticate")):
            self.send(reverse("mfa_authenticate"), code=cast.code())
            # The code is of the true time, whatever time the test has made of it.
            cast.confirmed(self.client, person)

    def open(self, address: str) -> Page:
        return self._arrive(address, self.client.get(address))

    def send(self, action: str, **typed: object) -> Page:
        """Fills in the form of this page that is sent there, and sends it; lists are several ticks."""
        form = self.page.form(action)
        answer = self._post(form, form.action, typed, by_htmx=form.by_htmx == form.action)
        return self._arrive(form.action, answer)

    def look(self, action: str, to: str, **typed: object) -> Page:
        """Fills in that form and sends it elsewhere for an answer, without leaving the page."""
        answer = self._post(self.page.form(action), to, typed, by_htmx=True)
        assert answer.status_code == 200
        return Page(answer.content.decode(), self.page.address)

    def _post(self, form: Form, to: str, typed: dict[str, object], *, by_htmx: bool) -> HttpResponse:
        headers = {**_HTMX, "HX-Current-URL": self.page.address} if self.htmx and by_htmx else {}
        data = {name: values if len(values) > 1 else values[0] for name, values in form.fields.items()}
        return self.client.post(to, {**data, **typed}, headers=headers)

    def _arrive(self, address: str, response: HttpResponse) -> Page:
        onwards = response.headers.get("HX-Redirect") or response.headers.get("Location")
        if onwards:
            return self.open(onwards)
        self.status = response.status_code
        self.page = Page(response.content.decode(), address)
        return self.page
