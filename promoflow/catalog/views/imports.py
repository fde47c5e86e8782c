"""The pages of imports: sending a file, seeing what it would change, applying or discarding it."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import why_not
from accounts.roles import MANAGER, OPERATOR
from accounts.selectors import stores_of
from promoflow import web
from promoflow.catalog import selectors
from promoflow.catalog.files.lines import sentence
from promoflow.catalog.forms.imports import ApplyForm, ImportForm
from promoflow.catalog.models import Import, ImportChange, RefusedLine, Sku, Store
from promoflow.catalog.permissions import check_can_import
from promoflow.catalog.services import imports
from promoflow.catalog.tasks import work_on_imports
from promoflow.catalog.wording import CHANGED
from promoflow.errors import Blocked
from promoflow.sheets import csv_response, tabbed_response

IMPORTS_ON_A_PAGE = 50
CHANGES_ON_A_PAGE = 50
REFUSED_ON_A_PAGE = 20
UNNAMED_ON_A_PAGE = 20

READ_AS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "cp932": "Shift-JIS (cp932)",
    "gb18030": "GBK (GB 18030)",
    "xlsx": gettext_lazy("Excel workbook"),
}
GUESSED = ("cp1252", "cp932", "gb18030")


@require_safe
def index(request: web.SignedInRequest) -> HttpResponse:
    found = _visible(request.user).order_by("-created_at", "-pk")
    page = Paginator(found, IMPORTS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "why_not_import": _why_not_any(request.user)}
    return render(request, "catalog/imports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: web.SignedInRequest) -> HttpResponse:
    stores = _importable(request.user)
    asked = {"kind": request.GET.get("kind", Import.Kind.LISTINGS), "store": request.GET.get("store")}
    form = ImportForm(request.POST or None, request.FILES or None, stores=stores, initial=asked)
    if form.is_valid():
        source, is_new = imports.upload(
            **form.cleaned_data, by=request.user, at=timezone.now(), once=web.once(request)
        )
        if is_new:
            _ring()
        else:
            messages.info(request, _("This very file is here already and not applied yet: this is it."))
        return web.redirect("import", source.pk)
    context = {"form": form, "why_not_import": _why_not_any(request.user)}
    return render(request, "catalog/import_new.html", context, status=422 if form.is_bound else 200)


@require_safe
def detail(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """What it would change, or what is going on: then the page asks for its fragment again and again."""
    return _show(request, get_object_or_404(_visible(request.user), pk=pk), ApplyForm())


def _show(request: web.SignedInRequest, source: Import, form: ApplyForm) -> HttpResponse:
    counts = selectors.counts(source)
    shown = request.GET.get("show", "")
    form.fields["why"].required = bool(counts["lowered"])
    context = {
        "source": source,
        "form": form,
        "currency": source.store.marketplace.currency,
        "why_not": why_not(check_can_import, request.user, source.store, source.kind),
        "applied_before": selectors.applied_before(source) if source.is_open else None,
        "applied_since": selectors.applied_since(source) if source.is_open else None,
        "read_as": READ_AS.get(source.encoding, ""),
        "is_guessed": source.encoding in GUESSED,
        "counts": counts,
        "figures": [(code, label, counts[code]) for code, label in CHANGED.items() if counts[code]],
        "shown": shown if shown in CHANGED else "",
        "page": Paginator(_changes(source, shown), CHANGES_ON_A_PAGE).get_page(request.GET.get("page")),
        "unnamed": _some_unnamed(source),
        "refused": [
            _told(line, source) for line in source.refused_lines.order_by("number")[:REFUSED_ON_A_PAGE]
        ],
    }
    page, fragment, status = "catalog/import.html", "catalog/_import.html", 422 if form.errors else 200
    return web.respond(request, page=page, fragment=fragment, context=context, status=status)


def _some_unnamed(source: Import) -> list[Sku]:
    """As long as they can be told: the lines go once they are applied."""
    can_be_told = source.status == Import.Status.READY and source.unnamed_skus
    return list(selectors.unnamed_skus(source)[:UNNAMED_ON_A_PAGE]) if can_be_told else []


def _changes(source: Import, shown: str) -> QuerySet[ImportChange]:
    changes = source.changes.order_by("number", "asin")
    return changes.filter(selectors.CHANGES[shown]) if shown in CHANGED else changes


@require_POST
def apply(request: web.SignedInRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(_visible(request.user), pk=pk)
    comparison, form = web.number(request.POST.get("comparison", "")), ApplyForm(request.POST)
    if not form.is_valid():
        return _show(request, source, form)
    try:
        imports.apply(
            pk=source.pk,
            comparison=comparison,
            by=request.user,
            at=timezone.now(),
            why=form.cleaned_data["why"],
        )
    except Blocked as missing:
        form.add_error("why", str(missing))
        return _show(request, source, form)
    _ring()
    return web.redirect("import", pk)


@require_POST
def discard(request: web.SignedInRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(_visible(request.user), pk=pk)
    imports.discard(pk=source.pk, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is discarded; nothing of it was applied.") % {"name": source})
    return web.redirect("import-list")


@require_safe
def refused(request: web.SignedInRequest, pk: int) -> HttpResponseBase:
    """The refused lines with their columns as they were, and why; corrected, the file can be sent again.

    So it is of the kind that was sent: a listing report has tabs, and nothing in it is quoted.
    """
    source = get_object_or_404(_visible(request.user), pk=pk)
    header = source.header.split("\t")
    rows = (
        (*_padded(line.raw.split("\t"), len(header)), line.number, _why(line, source))
        for line in source.refused_lines.order_by("number").iterator()
    )
    names = [*header, _("line"), _("reason")]
    if source.kind == Import.Kind.LISTINGS:
        return tabbed_response(f"refused-{pk}.txt", names, rows)
    return csv_response(f"refused-{pk}.csv", names, rows)


@require_safe
def unnamed(request: web.SignedInRequest, pk: int) -> HttpResponseBase:
    """All the SKUs on sale that a report does not name; its lines, which tell, go once it is applied."""
    waiting = _visible(request.user).filter(status=Import.Status.READY, kind=Import.Kind.LISTINGS)
    source = get_object_or_404(waiting, pk=pk)
    written = source.store.marketplace.written
    rows = (
        (sku.sku, sku.product.asin, sku.product.title, written(sku.price), sku.status)
        for sku in selectors.unnamed_skus(source).iterator()
    )
    return csv_response(f"not-named-{pk}.csv", ["SKU", "ASIN", _("Title"), _("Price"), _("Status")], rows)


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _told(line: RefusedLine, source: Import) -> dict[str, object]:
    shown = " · ".join(cell for cell in line.raw.split("\t") if cell.strip())
    return {"number": line.number, "reason": _why(line, source), "raw": shown[:200]}


def _why(line: RefusedLine, source: Import) -> str:
    return sentence(line.reason, line.detail, decimals=source.store.marketplace.decimals)


def _ring() -> None:
    """Wake a worker. Without a broker the next tick does the work, so that nobody waits for its answer."""

    def at_the_door() -> None:
        work_on_imports.apply_async(expires=settings.CALL_EXPIRES)

    transaction.on_commit(at_the_door, robust=True)


def _visible(user: User) -> QuerySet[Import]:
    return Import.objects.filter(store__in=stores_of(user)).select_related(
        "store", "created_by", "confirmed_by", "applied_by", "discarded_by"
    )


def _importable(user: User) -> QuerySet[Store]:
    return Store.objects.filter(pk__in=stores_of(user, OPERATOR, MANAGER))


def _why_not_any(user: User) -> str:
    return "" if _importable(user) else _("Only an operator or a manager of a store may import.")
