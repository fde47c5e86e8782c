"""Reports for who oversees a store: the list of them, each as a page and as a file, and the office hours."""

from collections.abc import Callable
from itertools import chain

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import selectors as people
from promoflow import web
from promoflow.audit import selectors as history
from promoflow.catalog.models import Store
from promoflow.errors import Blocked
from promoflow.promotions import permissions
from promoflow.promotions.forms.reporting import OfficeForm, ReportForm
from promoflow.promotions.office import hours_of
from promoflow.promotions.reports import files
from promoflow.promotions.reports.frame import Report, Table
from promoflow.promotions.reports.listing import REPORTS
from promoflow.promotions.services import office
from promoflow.sheets import csv_response, table_response

PER_PAGE = 100


@require_GET
def index(request: web.SignedInRequest) -> HttpResponse:
    permissions.check_can_read_reports(request.user)
    return render(request, "promotions/reports.html", {"reports": REPORTS.values()})


@require_GET
def page(request: web.SignedInRequest, code: str) -> HttpResponse:
    """One report of the stores that its reader oversees."""
    report, form = _asked(request, code)
    return _show(request, report, form)


@require_GET
def as_csv(request: web.SignedInRequest, code: str) -> HttpResponseBase:
    return _download(request, code, _written_as_csv)


@require_GET
def as_xlsx(request: web.SignedInRequest, code: str) -> HttpResponseBase:
    return _download(request, code, _written_as_xlsx)


def _written_as_csv(name: str, table: Table) -> HttpResponseBase:
    totals = files.totals(table)
    rows = chain(files.rows(table), [totals] if totals else [])
    return csv_response(f"{name}.csv", files.header(table), rows)


def _written_as_xlsx(name: str, table: Table) -> HttpResponseBase:
    files.check_fits_a_workbook(table)
    rows = list(files.rows(table))
    return table_response(f"{name}.xlsx", files.header(table), rows, totals=files.totals(table))


def _asked(request: web.SignedInRequest, code: str) -> tuple[Report, ReportForm]:
    stores = permissions.check_can_read_reports(request.user)
    report = REPORTS.get(code)
    if report is None:
        raise Http404
    sight = history.sight_of(request.user)
    return report, ReportForm(request.GET, report=report, stores=stores, sight=sight, at=timezone.now())


def _show(request: web.SignedInRequest, report: Report, form: ReportForm) -> HttpResponse:
    context: dict[str, object] = {"report": report, "form": form}
    if form.is_valid():
        table = Table(report, form.question, request.GET.get("sort", ""))
        shown = Paginator(table.rows, PER_PAGE).get_page(request.GET.get("page"))
        context |= {"table": table, "page": shown, "why_no_workbook": files.why_no_workbook(table)}
    return web.respond(
        request,
        page="promotions/report.html",
        fragment="promotions/_report.html",
        context=context,
        status=200 if form.is_valid() else 422,
    )


def _download(
    request: web.SignedInRequest, code: str, written: Callable[[str, Table], HttpResponseBase]
) -> HttpResponseBase:
    """All rows of what the page shows, in its order."""
    report, form = _asked(request, code)
    if not form.is_valid():
        return _show(request, report, form)
    table = Table(report, form.question, request.GET.get("sort", ""))
    return written(f"{code} {form.data['since']} {form.data['until']}", table)


@require_http_methods(["GET", "POST"])
def office_hours(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """The hours that the store's reports measure by; a manager sets them."""
    store = get_object_or_404(Store, pk__in=people.stores_of(request.user), pk=pk)
    permissions.check_can_set_hours(request.user, store)
    form = OfficeForm(request.POST if request.method == "POST" else None, initial=hours_of(pk).told)
    if form.is_bound and form.is_valid() and _set(request, store, form):
        return web.redirect("store", pk)
    status = 422 if form.is_bound else 200
    return render(request, "promotions/office_hours.html", {"form": form, "store": store}, status=status)


def _set(request: web.SignedInRequest, store: Store, form: OfficeForm) -> bool:
    try:
        office.set_hours(store=store, office=form.office, by=request.user, at=timezone.now())
    except Blocked as refused:
        form.add_error("days", str(refused))
        return False
    messages.success(request, _("The office hours of %(store)s are set.") % {"store": store})
    return True
