"""The history: a page of it, one entry, and all of it as a spreadsheet."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from promoflow import web
from promoflow.audit import naming, searching, selectors, signed
from promoflow.audit.forms import HistoryForm, KeptForm, SaveSearchForm
from promoflow.audit.models import Entry, SavedSearch
from promoflow.audit.places import name_of
from promoflow.audit.services import exporting, saving
from promoflow.errors import Blocked, NotAllowed, WrongState
from promoflow.files import as_file
from promoflow.sheets import csv_response


def _sight(request: web.SignedInRequest) -> selectors.Sight:
    return selectors.sight_of(request.user)


@require_safe
def index(request: web.SignedInRequest) -> HttpResponse:
    return _show(request, request.GET)


def _show(
    request: web.SignedInRequest, asked: QueryDict, *, naming: SaveSearchForm | None = None, status: int = 200
) -> HttpResponse:
    """A page of what is asked for; with `naming` the name that could not be kept, and why."""
    sight = _sight(request)
    form = HistoryForm(asked, sight=sight)
    page = selectors.Page()
    if form.is_valid():
        try:
            with searching.patience():
                page = selectors.page(
                    sight=sight,
                    wanted=form.wanted,
                    before=selectors.Mark.read(asked.get("before", "")),
                    after=selectors.Mark.read(asked.get("after", "")),
                )
        except Blocked as refused:
            form.add_error("words", str(refused))
    return web.respond(
        request,
        page="audit/history.html",
        fragment="audit/_entries.html",
        context={
            "form": form,
            "page": page,
            "words": form.cleaned_data.get("words", ""),
            "kept": form.kept,
            "saved": SavedSearch.objects.filter(saved_by=sight.person),
            "naming": naming or SaveSearchForm(),
            "several_stores": len(sight.stores) > 1,
            "oversees": sight.oversees,
            "narrowed": any(asked.get(name) for name in form.fields),
            "standing": signed.standing(signed.newest(settings.CHECKPOINT_FOLDER), at=timezone.now()),
        },
        status=status if form.is_valid() else 422,
    )


@require_POST
def save_search(request: web.SignedInRequest) -> HttpResponse:
    """Give the filter of the history a name."""
    asked, form = QueryDict(request.POST.get("query", "")), SaveSearchForm(request.POST)
    kept = HistoryForm(asked, sight=_sight(request))
    if not kept.is_valid():
        form.add_error(None, _("This filter cannot be read, so it is not saved. Put it right first."))
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            saving.save(name=name, query=kept.kept, by=request.user, at=timezone.now())
        except Blocked as refused:
            form.add_error(None, str(refused))
    if form.errors:
        return _show(request, asked, naming=form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % form.cleaned_data)
    return web.redirect(reverse("history") + f"?{kept.kept}")


@require_POST
def delete_search(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """Forget one's own filter."""
    try:
        saving.delete(pk=pk, by=request.user)
    except SavedSearch.DoesNotExist as unknown:
        raise Http404 from unknown
    messages.success(request, _("The filter is deleted."))
    return web.redirect("history")


@require_safe
def entry(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """One entry with all that it holds; one that the person may not see does not exist for them."""
    found, sight = Entry.objects.filter(pk=pk).first(), _sight(request)
    if found and (deed := selectors.deed_of(found, sight)):
        return web.redirect("history-entry", deed.pk)
    if found is None or not sight.covers(found):
        raise Http404
    place = selectors.place_of(found, sight)
    rows = selectors.rows_of(found, place.link) if place and _oversees(request, found) else []
    why_no_rows = _why_no_rows(request, found, place) if place and rows else ""
    [found] = naming.shown([found])
    context = {
        "entry": found,
        "place": place,
        "rows": [] if why_no_rows else naming.shown(rows),
        "why_no_rows": why_no_rows,
        "why_no_receipt": _why_no_receipt(request, found),
        "signed": signed.newest(settings.CHECKPOINT_FOLDER),
    }
    return render(request, "audit/entry.html", context)


def _oversees(request: web.SignedInRequest, found: Entry) -> bool:
    """Whether the reader oversees the store; where there is none, any."""
    if found.store_id is None:
        return _sight(request).oversees
    return selectors.oversees_store(request.user, found.store_id)


def _why_no_rows(request: web.SignedInRequest, found: Entry, place: selectors.Place) -> str:
    if selectors.may_see_rows(request.user, found, place.link):
        return ""
    return _("The rows are not shown: some may be of stores that you do not oversee.")


@require_safe
def checkpoint(request: web.SignedInRequest) -> HttpResponse:
    """The newest checkpoint, to be kept where nobody of this desk can reach it."""
    found = signed.newest(settings.CHECKPOINT_FOLDER)
    if found is None:
        raise Http404
    note = HttpResponse(found.note, content_type="text/plain; charset=utf-8")
    return as_file(note, name_of(found.size))


@require_safe
def proof(request: web.SignedInRequest) -> HttpResponse:
    """How the history stands to its newest checkpoint, and what an auditor takes away."""
    newest = signed.newest(settings.CHECKPOINT_FOLDER)
    return _proof(request, newest, KeptForm(newest=newest.size if newest else 0))


def _proof(request: web.SignedInRequest, newest: signed.Signed | None, form: KeptForm) -> HttpResponse:
    standing = signed.standing(newest, at=timezone.now())
    context = {"standing": standing, "signed": newest, "form": form}
    return render(request, "audit/proof.html", context, status=422 if form.errors else 200)


@require_safe
def consistency(request: web.SignedInRequest) -> HttpResponse:
    """The proof that the newest checkpoint goes on from one of that size, which somebody kept."""
    newest = signed.newest(settings.CHECKPOINT_FOLDER)
    if newest is None:
        raise Http404
    form = KeptForm(request.GET, newest=newest.size)
    if not form.is_valid():
        return _proof(request, newest, form)
    size = form.cleaned_data["size"]
    with _of_what_was_signed():
        made = exporting.consistency(size, checkpoint=newest.checkpoint, note=newest.note, tiles=newest.tiles)
    return _file(made, f"consistency-{size}-{newest.size}.json")


@require_safe
def receipt(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """An entry with the proof that it stands under the newest checkpoint; checked without this desk."""
    found = Entry.objects.filter(pk=pk).select_related("link").first()
    if found is None or not _sight(request).covers(found):
        raise Http404
    if why := _why_no_receipt(request, naming.shown([copy(found)])[0]):
        raise NotAllowed(why)
    newest, link = signed.newest(settings.CHECKPOINT_FOLDER), getattr(found, "link", None)
    if newest is None or link is None or link.pk > newest.size:
        raise WrongState(
            _("No checkpoint is signed for this entry yet. One comes every minute; try it then.")
        )
    with _of_what_was_signed():
        made = exporting.receipt(link, checkpoint=newest.checkpoint, note=newest.note, tiles=newest.tiles)
    return _file(made, f"receipt-{found.pk}.json")


@contextmanager
def _of_what_was_signed() -> Iterator[None]:
    """Whoever asks for a proof of another history than was signed for is told so."""
    try:
        yield
    except ValueError as error:
        raise WrongState(
            _("The history is not the one that its newest checkpoint was signed for. Tell an auditor.")
        ) from error


def _file(made: dict[str, Any], name: str) -> HttpResponse:
    text = json.dumps(made, ensure_ascii=False, indent=1)
    return as_file(HttpResponse(text, content_type="application/json"), name)


def _why_no_receipt(request: web.SignedInRequest, shown: Entry) -> str:
    """A receipt proves the entry as it was written, also with what pages do not show of it."""
    if shown.counts and not _sight(request).oversees_all:
        return _(
            "The receipt would name requests of stores that you do not oversee. Ask somebody who oversees "
            "every store."
        )
    if not shown.stands_in or selectors.audits(request.user):
        return ""
    return _(
        "The receipt would carry a name that was removed from all pages. Ask an auditor: only they get it."
    )


_HEADER = (
    "place", "at (UTC)", "event", "outcome", "who", "account", "e-mail", "store", "on", "on account",
    "on e-mail", "state before", "state after", "why", "before", "after", "asins", "revision", "report",
    "address", "browser", "hash",
)  # fmt: skip


@require_safe
def download(request: web.SignedInRequest) -> HttpResponseBase:
    """What the filter shows, whole, as CSV."""
    sight = _sight(request)
    form = HistoryForm(request.GET, sight=sight)
    if not form.is_valid():
        return index(request)
    return csv_response("history.csv", _HEADER, _rows(selectors.everything(sight=sight, wanted=form.wanted)))


def _rows(entries: Iterator[Entry]) -> Iterator[tuple[object, ...]]:
    accounts = get_user_model()
    # Two people may have one name; no two have one of these.
    emails: dict[int | None, str] = dict(accounts._default_manager.values_list("pk", "email"))
    for found in entries:
        link = getattr(found, "link", None)
        on_account = found.subject_id if found.subject_type == accounts._meta.label_lower else None
        yield (
            link.seq if link else None,
            found.at,
            found.event,
            found.outcome,
            found.actor_name,
            found.actor_id,
            emails.get(found.actor_id, ""),
            found.store_name,
            found.subject,
            on_account,
            emails.get(on_account, ""),
            found.state_before,
            found.state_after,
            found.why,
            json.dumps(found.before, ensure_ascii=False) if found.before else "",
            json.dumps(found.after, ensure_ascii=False) if found.after else "",
            " ".join(found.asins),
            found.revision_hex,
            found.report_hex,
            found.address,
            found.user_agent,
            link.row_hex if link else "",
        )
