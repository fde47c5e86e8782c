"""The history: a page of it, one entry, and all of it as a spreadsheet."""

import json
from collections.abc import Iterator
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from promoflow import web
from promoflow.audit import selectors, signed
from promoflow.audit.forms import HistoryForm
from promoflow.audit.models import Entry
from promoflow.audit.services import exporting
from promoflow.errors import WrongState
from promoflow.sheets import csv_response


def _sight(request: HttpRequest) -> selectors.Sight:
    return selectors.sight_of(cast(web.SignedInRequest, request).user)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    sight = _sight(request)
    form = HistoryForm(request.GET, sight=sight)
    page = selectors.Page()
    if form.is_valid():
        page = selectors.page(
            sight=sight,
            wanted=form.wanted,
            before=selectors.Mark.read(request.GET.get("before", "")),
            after=selectors.Mark.read(request.GET.get("after", "")),
        )
    return web.respond(
        request,
        page="audit/history.html",
        fragment="audit/_entries.html",
        context={
            "form": form,
            "page": page,
            "several_stores": len(sight.stores) > 1,
            "oversees": sight.oversees,
            "narrowed": any(request.GET.get(name) for name in form.fields),
            "signed": signed.newest(settings.CHECKPOINT_FOLDER),
        },
        status=200 if form.is_valid() else 422,
    )


@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with all that it holds; one that the person may not see does not exist for them."""
    found = Entry.objects.filter(pk=pk).first()
    if found is None or not _sight(request).covers(found):
        raise Http404
    context = {
        "entry": found,
        "place": selectors.place_of(found),
        "changes": found.changes,
        "signed": signed.newest(settings.CHECKPOINT_FOLDER),
    }
    return render(request, "audit/entry.html", context)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint, to be kept where nobody of this desk can reach it."""
    found = signed.newest(settings.CHECKPOINT_FOLDER)
    if found is None:
        raise Http404
    return HttpResponse(
        found.note,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.size:015}.note"'},
    )


@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """An entry with the proof that it stands under the newest checkpoint; checked without this desk."""
    found = Entry.objects.filter(pk=pk).select_related("link").first()
    if found is None or not _sight(request).covers(found):
        raise Http404
    newest, link = signed.newest(settings.CHECKPOINT_FOLDER), getattr(found, "link", None)
    if newest is None or link is None or link.pk > newest.size:
        raise WrongState(
            _("No checkpoint is signed for this entry yet. One comes every minute; try it then.")
        )
    made = exporting.receipt(link, checkpoint=newest.checkpoint, note=newest.note)
    return HttpResponse(
        json.dumps(made, ensure_ascii=False, indent=1),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="receipt-{found.pk}.json"'},
    )


_HEADER = (
    "place", "at (UTC)", "event", "outcome", "who", "store", "on", "state before", "state after", "why",
    "before", "after", "asins", "revision", "report", "address", "browser", "hash",
)  # fmt: skip


@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """What the filter shows, whole, as CSV."""
    sight = _sight(request)
    form = HistoryForm(request.GET, sight=sight)
    if not form.is_valid():
        return index(request)
    return csv_response("history.csv", _HEADER, _rows(selectors.everything(sight=sight, wanted=form.wanted)))


def _rows(entries: Iterator[Entry]) -> Iterator[tuple[object, ...]]:
    for found in entries:
        link = getattr(found, "link", None)
        yield (
            link.seq if link else None,
            found.at,
            found.event,
            found.outcome,
            found.actor_name,
            found.store_name,
            found.subject,
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
