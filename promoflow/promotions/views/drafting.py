"""Drafting: choose a kind, fill the form beside what the rules say of it, save, copy, submit, withdraw."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors as people
from accounts.models import User
from accounts.permissions import why_not
from accounts.roles import OPERATOR
from promoflow import web
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Store
from promoflow.errors import Blocked, Refused, Stale, WrongState
from promoflow.promotions import checker, neighbours, permissions, reach
from promoflow.promotions.checker import Report
from promoflow.promotions.content import decode
from promoflow.promotions.forms.drafting import KIND_SENTENCES, DraftForm
from promoflow.promotions.forms.submitting import REASON, SubmitForm
from promoflow.promotions.forms.withdrawing import WithdrawForm
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.pages import reasons, sealing
from promoflow.promotions.pages.panel import clocks_of, panel_of
from promoflow.promotions.services import drafting
from promoflow.promotions.views.drafts import (
    Sheet,
    changed_by,
    filled_in,
    record_of,
    sheet_of,
    sheet_over,
    store_of,
)
from promoflow.promotions.wording import change_sentences
from promoflow.promotions.wording.presenting import difference_lines, present, with_fields
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.risk import risk_of
from promoflow.rulebook.routing import route_of

_RESULTS_AT_MOST = 8
_SEARCHED_FROM, _SEARCHED_AT_MOST = 2, 200


# --- Pages ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: web.SignedInRequest) -> HttpResponse:
    """Choose a store and a kind; then the form, with what the address fills in; then the draft."""
    asked = request.POST if request.method == "POST" else request.GET
    kind, store = KINDS.get(asked.get("kind", "")), store_of(request.user, asked.get("store", ""))
    if kind is None or store is None:
        return _choose(request, store, asked.get("kind", ""))
    sheet = Sheet(store=store, kind=kind, at=timezone.now())
    if request.method != "POST":
        sheet = filled_in(sheet, request.GET)
        return _page(request, sheet, sheet.form())
    form = sheet.form(request.POST)
    if not form.is_valid():
        return _page(request, sheet, form, status=422)
    made = drafting.create(
        store=store, typed=form.typed, by=request.user, at=sheet.at, once=web.once(request)
    )
    messages.success(
        request,
        _("%(reference)s is drafted. Read its findings, then submit it.") % {"reference": made.reference},
    )
    return web.redirect("request", made.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """The form over a request that is still to be decided or marked live."""
    record = record_of(request.user, reference)
    sheet = sheet_over(record, request.POST)
    if request.method != "POST":
        permissions.check_can_edit(request.user, record)
        return _page(request, sheet, sheet.form())
    form = sheet.form(request.POST)
    # Who may not edit, or what is over, is refused by the service, which writes it into the history.
    is_valid = form.is_valid()
    if not is_valid and permissions.can("edit", request.user, record):
        return _page(request, sheet, form, status=422)
    try:
        saved = drafting.edit(
            reference=record.reference,
            revision=sheet.revision if is_valid else 0,
            typed=form.typed if is_valid else {},
            by=request.user,
            at=sheet.at,
        )
    except (Stale, Blocked) as refused:
        return _overtaken_page(request, record.reference, refused)
    except WrongState as refused:
        return _over_page(request, record, refused)
    messages.success(request, _said_after(saved, sheet))
    return web.redirect("request", saved.reference)


def _said_after(saved: PromotionRequest, sheet: Sheet) -> str:
    values = {"reference": saved.reference, "number": saved.newest.number}
    if saved.newest.number == sheet.revision:
        return _("Nothing had changed: %(reference)s stays as it is.") % values
    if sheet.was_approved:
        return (
            _(
                "%(reference)s is a draft again, revision %(number)s. Submit it for a new decision. If it is "
                "set up in Seller Central already, delete it there until it is approved again."
            )
            % values
        )
    if sheet.ends_approval:
        return (
            _("%(reference)s is a draft again, revision %(number)s. Submit it for a new decision.") % values
        )
    return _("%(reference)s is saved as revision %(number)s.") % values


def _overtaken_page(request: web.SignedInRequest, reference: str, refused: Stale | Blocked) -> HttpResponse:
    """What was typed stays, beside what somebody else did meanwhile; saving again is then done knowingly."""
    record = record_of(request.user, reference)
    sheet = Sheet(
        store=record.store,
        kind=KINDS[record.newest.kind],
        at=timezone.now(),
        record=record,
        revision=record.newest.number,
    )
    form = sheet.form(request.POST)
    form.is_valid()
    status = 409 if isinstance(refused, Stale) else 422
    return _page(request, sheet, form, status=status, refused=refused)


def _over_page(request: web.SignedInRequest, record: PromotionRequest, refused: WrongState) -> HttpResponse:
    """What was typed stays, for a new draft: the request was ended, or went live, while it was typed."""
    sheet = Sheet(store=record.store, kind=KINDS[record.newest.kind], at=timezone.now())
    form = sheet.form(request.POST)
    form.is_valid()
    return _page(request, sheet, form, status=409, refused=refused)


@require_POST
def check(request: web.SignedInRequest) -> HttpResponse:
    """What the rules find in what is typed so far; also the form's small deeds. Nothing is saved."""
    sheet = sheet_of(request)
    form = sheet.form(request.POST)
    form.is_valid()
    deed, _space, what = request.POST.get("do", "").partition(" ")
    if deed == "search" and web.wants_fragment(request):
        return render(request, "promotions/_search.html", _context(request, sheet, form))
    changed = changed_by(request.POST, form, deed, what)
    if changed is not None:
        form = sheet.form(changed)
        form.is_valid()
    context = _context(request, sheet, form, focus=deed)
    form.leave_empty_alone()
    fragment = "promotions/_checked.html" if changed is None else "promotions/_draft.html"
    return web.respond(request, page="promotions/draft.html", fragment=fragment, context=context)


@require_POST
def copy(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """A fresh draft of the same content, opened for its new dates."""
    record = record_of(request.user, reference)
    made = drafting.copy(
        reference=record.reference, by=request.user, at=timezone.now(), once=web.once(request)
    )
    messages.success(
        request,
        _("%(made)s is a copy of %(reference)s, as a new draft: no decision came along. Give it its dates.")
        % {"made": made.reference, "reference": record.reference},
    )
    return web.redirect("request-edit", made.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Ask for a decision, with a reason for each warning."""
    record = record_of(request.user, reference)
    if request.method != "POST":
        permissions.check_can_submit(request.user, record)
        return _submit_page(request, record)
    at = timezone.now()
    form = SubmitForm(request.POST)
    # Who may not submit, or read something else, is refused by the service, which writes it into the history.
    if (
        not form.is_valid()
        and form.is_of(record.newest.number, checker.report_of(record, at=at))
        and permissions.can("submit", request.user, record)
    ):
        return _submit_page(request, record, data=request.POST, status=422)
    try:
        drafting.submit(
            reference=record.reference,
            revision=form.cleaned_data.get("revision") or 0,
            report=form.cleaned_data.get("report", ""),
            reasons=form.reasons,
            by=request.user,
            at=at,
        )
    except (Stale, Blocked) as refused:
        record = record_of(request.user, reference)
        status = 409 if isinstance(refused, Stale) else 422
        return _submit_page(request, record, data=request.POST, status=status, refused=refused)
    messages.success(
        request, _("%(reference)s waits for a supervisor's decision.") % {"reference": record.reference}
    )
    return web.redirect("request", record.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Take a request back for good, after asking."""
    record = record_of(request.user, reference)
    at = timezone.now()
    form = WithdrawForm(
        request.POST if request.method == "POST" else None, may_run=neighbours.may_run(record, at=at)
    )
    # Who may not withdraw it is refused by the service, which writes it into the history.
    if request.method == "POST" and (
        form.is_valid() or not permissions.can("withdraw", request.user, record)
    ):
        drafting.withdraw(
            reference=record.reference,
            by=request.user,
            at=at,
            note=form.cleaned_data.get("note", ""),
            may_run=form.may_run,
        )
        messages.success(request, _("%(reference)s is withdrawn.") % {"reference": record.reference})
        return web.redirect("request", record.reference)
    permissions.check_can_withdraw(request.user, record)
    status = 422 if form.errors else 200
    return render(request, "promotions/draft_withdraw.html", {"record": record, "form": form}, status=status)


# --- What the forms show --------------------------------------------------------------------------------


def submit_context(
    record: PromotionRequest,
    *,
    by: User,
    at: datetime,
    found: Report | None = None,
    data: QueryDict | None = None,
) -> dict[str, Any]:
    """What `promotions/_submit.html` shows: findings, a field for each reason, and why it may not be sent."""
    found = found or checker.report_of(record, at=at)
    form = SubmitForm(data, found=found, before=reasons.given_before(record, found))
    market = record.store.marketplace
    route = route_of(
        risk_of(found.case, found.findings), found.policy, products=len(decode(record.newest.body)["asins"])
    )
    lacking = reach.lacking_if_submitted(record, by=by, role=route.role, needed=route.approvals)
    titles = {product.asin: product.title for product in found.products}
    shown = present(found.findings, zone=market.time_zone, currency=market.currency, titles=titles)
    return {
        "record": record,
        "submit_form": form,
        "submit_findings": with_fields(shown, form, REASON),
        "submit_revision": record.newest.number,
        "submit_report": found.digest.hex(),
        "submit_sealed": sealing.seal(found),
        "submit_approvals": route.approvals,
        "submit_out_of_reach": reach.sentence(lacking, route.role),
        "why_not_submit": permissions.refusal("submit", by, record)
        or why_not(drafting.check_fit_to_submit, record, found, at=at),
    }


def _submit_page(
    request: web.SignedInRequest,
    record: PromotionRequest,
    *,
    data: QueryDict | None = None,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    at = timezone.now()
    found = checker.report_of(record, at=at)
    context = submit_context(record, by=request.user, at=at, found=found, data=data)
    context |= _in_words(record, refused)
    if data and isinstance(refused, Stale):
        context["changes"] += _since_shown(data, record, found)
    return web.respond(
        request,
        page="promotions/draft_submit.html",
        fragment="promotions/_submit.html",
        context=context,
        status=status,
    )


def _since_shown(data: QueryDict, record: PromotionRequest, found: Report) -> list[str]:
    """What has changed since the report that this form showed, as far as it can tell."""
    since = sealing.changes_since(data.get("sealed", ""), digest=data.get("report", ""), now=found)
    market = record.store.marketplace
    return change_sentences.lines(since, zone=market.time_zone, currency=market.currency) if since else []


def _in_words(record: PromotionRequest, refused: Refused | None) -> dict[str, Any]:
    """A refusal's sentence, and what somebody else changed."""
    market = record.store.marketplace
    return {
        "refused": str(refused) if refused else "",
        "changes": difference_lines(
            getattr(refused, "changes", ()),
            zone=market.time_zone,
            currency=market.currency,
            content=decode(record.newest.body),
        ),
    }


def _page(
    request: web.SignedInRequest,
    sheet: Sheet,
    form: DraftForm,
    *,
    status: int = 200,
    refused: Stale | WrongState | Blocked | None = None,
) -> HttpResponse:
    checked = form
    if not form.is_bound and (sheet.record or sheet.given):
        # What is saved or given is checked as if it had been typed, so that the page opens with its findings.
        checked = sheet.form(_as_data(form))
        checked.is_valid()
    context = _context(request, sheet, checked) | {"form": form}
    if refused:
        context |= _in_words(sheet.record, refused) if sheet.record else {"refused": str(refused)}
    return render(request, "promotions/draft.html", context, status=status)


def _as_data(form: DraftForm) -> QueryDict:
    data = QueryDict(mutable=True)
    for name in form.fields:
        value = form[name].value()
        if value is not None and value is not False:
            data[name] = "on" if value is True else str(value)
    return data


def _context(
    request: web.SignedInRequest, sheet: Sheet, form: DraftForm, *, focus: str = ""
) -> dict[str, object]:
    text = request.POST.get("search", "").replace("\0", "").strip()[:_SEARCHED_AT_MOST]
    return {
        "sheet": sheet,
        "form": form,
        "filled": form,
        "panel": panel_of(
            form,
            request.GET,
            at=sheet.at,
            reference=sheet.reference,
            decide_until=sheet.decide_until,
        ),
        "clocks": clocks_of(form, timezone.get_current_timezone_name()),
        "search": text,
        "results": catalog.search([sheet.store], text)[:_RESULTS_AT_MOST]
        if len(text) >= _SEARCHED_FROM
        else None,
        "chosen_asins": {product.asin for product in form.chosen},
        "kind_sentence": KIND_SENTENCES[sheet.kind.code],
        "focus": focus,
        "shelf": request.POST.get("shelf", ""),
    }


def _choose(request: web.SignedInRequest, store: Store | None, kind: str) -> HttpResponse:
    stores = catalog.stores(people.stores_of(request.user, OPERATOR))
    return render(
        request,
        "promotions/draft_choose.html",
        {
            "stores": stores,
            "store": store or (stores[0] if len(stores) == 1 else None),
            "kind": kind,
            "kinds": [{"code": code, "sentence": KIND_SENTENCES[code]} for code in KINDS],
        },
    )
