"""Marking live, the second look, and stopping."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import confirming
from promoflow import web
from promoflow.errors import Blocked, NotAllowed, Stale
from promoflow.promotions import amendments, permissions, readiness
from promoflow.promotions.content import Difference
from promoflow.promotions.forms.running import EvidenceForm, GoLiveForm, StopForm
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.pages import checklist, looks
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.services import running
from promoflow.promotions.views.requests import find
from promoflow.promotions.views.review import in_words


@require_http_methods(["GET", "POST"])
def go_live(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Says what Seller Central shows; only what was approved, and exactly that, goes live."""
    dossier = dossier_for(request, reference, permissions.check_can_go_live)
    if request.method == "GET" and dossier.report:
        with in_words(dossier.request):
            readiness.check(dossier.request, dossier.report, at=dossier.at)
    form = GoLiveForm(
        typed(request),
        request.FILES or None,
        content=dossier.content,
        zone=dossier.zone,
        replaceable=_replaceable(dossier),
    )
    if request.method == "POST" and form.is_valid():

        def deed() -> None:
            running.go_live(
                reference=dossier.request.reference,
                by=request.user,
                at=timezone.now(),
                revision=form.cleaned_data["revision"],
                amazon_id=form.cleaned_data["amazon_id"],
                shown=form.shown,
                old_is_deactivated=form.cleaned_data.get("old_is_deactivated", False),
                screenshot=form.cleaned_data["screenshot"],
            )

        done = _("%(reference)s is live. Another person reads it off Seller Central within the hour.")
        try:
            return _compared(request, dossier, form, deed, "promotions/live.html", done, **_beside(dossier))
        except NotAllowed as refused:
            return _back_in_review(request, dossier, refused)
    if form.is_bound:
        # What is no longer approved is not to be filled in better.
        permissions.check_can_go_live(request.user, dossier.request)
    return ask(request, dossier, form, "promotions/live.html", **_beside(dossier))


def _back_in_review(request: web.SignedInRequest, dossier: Dossier, refused: NotAllowed) -> HttpResponse:
    """Its approver counts no more: the refusal did change something, so the request's own page says it."""
    now = find(request, dossier.request.reference)
    if (dossier.request.state, now.state) != (State.APPROVED, State.IN_REVIEW):
        raise refused
    messages.warning(request, str(refused))
    return web.redirect("request", now.reference)


@require_http_methods(["GET", "POST"])
def verify(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """The second look, blind to what the first person typed."""
    dossier = dossier_for(request, reference, permissions.check_can_verify)
    content = amendments.in_force(dossier.request)
    form = EvidenceForm(typed(request), request.FILES or None, content=content, zone=dossier.zone)
    confirmation = confirming.given(request) if request.method == "POST" else confirming.asked(request)
    # What the page knew when it was opened; as a page is written it is asked anew, after the deed.
    known, newest = web.number(request.POST.get("known", "")), partial(looks.newest_key, dossier.request)
    asks = confirmation.is_wanted and permissions.can("verify", request.user, dossier.request)
    if request.method == "POST" and form.is_valid() and not asks:

        def deed() -> None:
            running.verify(
                reference=dossier.request.reference,
                by=request.user,
                at=timezone.now(),
                shown=form.shown,
                confirmed_at=confirmation.at,
                known=known,
                screenshot=form.cleaned_data["screenshot"],
            )

        done = _("%(reference)s is verified: two people have read the same off Seller Central.")
        try:
            return _compared(request, dossier, form, deed, "promotions/verify.html", done, known=newest)
        except Stale as refused:
            return _look_again(request, dossier, form, refused, known=newest)
    known_by_now = known if request.method == "POST" else newest
    return ask(
        request, dossier, form, "promotions/verify.html", confirmation=confirmation, known=known_by_now
    )


def _look_again(
    request: web.SignedInRequest, dossier: Dossier, form: EvidenceForm, refused: Stale, **more: object
) -> HttpResponse:
    """Somebody saw something else meanwhile: the page says so and keeps what was typed."""
    explained, status = web.explain(request, refused)
    confirmation = confirming.asked(request)
    response = ask(
        request,
        dossier,
        form,
        "promotions/verify.html",
        refused=explained,
        confirmation=confirmation,
        **more,
    )
    response.status_code = status
    return response


@require_http_methods(["GET", "POST"])
def stop(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Stops it at once; asks only whether this is the one."""
    dossier = dossier_for(request, reference, permissions.check_can_stop)
    form = StopForm(typed(request))
    if request.method == "POST" and form.is_valid():
        running.stop(
            reference=dossier.request.reference,
            by=request.user,
            at=timezone.now(),
            note=form.cleaned_data["note"],
        )
        done = _("%(reference)s is stopped here. Now end it in Seller Central, if it still runs there.")
        messages.warning(request, done % {"reference": dossier.request.reference})
        return web.redirect("request", dossier.request.reference)
    return ask(request, dossier, form, "promotions/stop.html")


def _beside(dossier: Dossier) -> dict[str, object]:
    """What is to be set where, for the column beside the form."""
    return {
        "checklist": checklist.of(
            dossier.content,
            zone=dossier.zone,
            currency=dossier.currency,
            amazon_id=_amended_id(dossier),
            amended=dossier.amended,
        )
    }


def _replaceable(dossier: Dossier) -> PromotionRequest | None:
    """What it amends, where that is gone once it is deactivated."""
    amended = dossier.request.amends
    if amended is None or amendments.outlasting(amended, policy=dossier.policy, at=dossier.at):
        return None
    return amended


def _amended_id(dossier: Dossier) -> str:
    """Amazon's id of what it amends; nothing where it amends nothing."""
    amended = dossier.request.amends
    return amended.activation.amazon_id if amended else ""


def typed(request: web.SignedInRequest) -> QueryDict | None:
    """What was sent, be it nothing at all; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def dossier_for(request: web.SignedInRequest, reference: str, check: permissions.Check) -> Dossier:
    """The request, refused at once where this person could not finish what they begin here."""
    promotion = find(request, reference)
    if request.method == "GET":
        check(request.user, promotion)
    return Dossier(promotion, by=request.user, at=timezone.now())


def ask(
    request: web.SignedInRequest, dossier: Dossier, form: Any, template: str, **more: object
) -> HttpResponse:
    """The page that asks; with what was typed where that was refused."""
    context: dict[str, object] = {"dossier": dossier, "promotion": dossier.request, "form": form, **more}
    return render(request, template, context, status=422 if form.is_bound else 200)


def _compared(
    request: web.SignedInRequest,
    dossier: Dossier,
    form: EvidenceForm,
    deed: Callable[[], None],
    template: str,
    done: str,
    **more: object,
) -> HttpResponse:
    """Does it; a difference stands at its field beside what was approved, and what was typed stays."""
    try:
        with in_words(dossier.request):
            _with_differences_at_fields(form, deed)
    except Blocked as refused:
        explained, _status = web.explain(request, refused)
        confirmation = confirming.asked(request)
        return ask(request, dossier, form, template, refused=explained, confirmation=confirmation, **more)
    messages.success(request, done % {"reference": dossier.request.reference})
    return web.redirect("request", dossier.request.reference)


def _with_differences_at_fields(form: EvidenceForm, deed: Callable[[], None]) -> None:
    try:
        deed()
    except Blocked as refused:
        differing = [finding for finding in refused.findings if isinstance(finding, Difference)]
        form.tell(differing)
        others = [finding for finding in refused.findings if not isinstance(finding, Difference)]
        raise Blocked(refused.sentence, findings=others) from refused
