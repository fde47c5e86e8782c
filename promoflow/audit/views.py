"""The history: a page of it, one entry, and all of it as a spreadsheet."""

import json
from collections.abc import Iterator
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from promoflow import web
from promoflow.audit import selectors
from promoflow.audit.forms import HistoryForm
from promoflow.audit.models import Entry
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
            "narrowed": any(request.GET.get(name) for name in form.fields),
        },
        status=200 if form.is_valid() else 422,
    )


@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with all that it holds; one that the person may not see does not exist for them."""
    found = Entry.objects.filter(pk=pk).first()
    if found is None or not _sight(request).covers(found):
        raise Http404
    context = {"entry": found, "place": selectors.place_of(found), "changes": found.changes}
    return render(request, "audit/entry.html", context)


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
