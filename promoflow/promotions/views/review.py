"""A supervisor's decisions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import confirming
from promoflow import web
from promoflow.errors import Blocked, Refused, Stale, Taken
from promoflow.promotions import permissions, retyping
from promoflow.promotions.content import decode
from promoflow.promotions.forms.deciding import ApproveForm, RejectForm, ReturnForm
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.pages import opening, queue
from promoflow.promotions.services import review
from promoflow.promotions.views.drafts import record_of
from promoflow.promotions.views.requests import find, kept_filter, show
from promoflow.promotions.wording.presenting import refusals_in_words
from promoflow.reading import one_reading


@require_POST
def approve(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Approve what the page showed: its revision and its report, by their digests."""
    promotion, onwards = _in_turn(request, reference)
    form = ApproveForm(request.POST, retypes=retyping.asks_to_retype(promotion))
    confirmation = confirming.given(request)
    if not form.is_valid() or _asks_for_code(confirmation, "approve", request, promotion):
        return show(request, find(request, reference), approving=form, confirmation=confirmation, status=422)
    at = timezone.now()
    try:
        with in_words(promotion):
            decision = review.approve(
                reference=promotion.reference,
                by=request.user,
                at=at,
                confirmed_at=confirmation.at,
                opened_at=_opened_at(request, promotion, at),
                **form.cleaned_data,
            )
    except (Stale, Taken, Blocked) as refused:
        promotion = find(request, reference)
        sentence = retyping.problem(promotion, form.cleaned_data["retyped"])
        if sentence:
            form.add_error("retyped", sentence)
        # What stands beside its field is not said a second time above the page.
        elsewhere = refused if str(refused) != sentence else None
        return show(request, promotion, approving=form, refused=elsewhere, status=422)
    done = (
        _("%(reference)s is approved. An operator marks it live next.")
        if decision.request.state == State.APPROVED
        else _("Your approval of %(reference)s is kept. It takes another person's too.")
    )
    messages.success(request, done % {"reference": promotion.reference})
    return web.redirect(onwards)


def _opened_at(request: web.SignedInRequest, promotion: PromotionRequest, at: datetime) -> datetime | None:
    """When the page was opened that this form comes from; of the revision that it names."""
    of = opening.content(promotion.reference, request.POST.get("revision", ""))
    return opening.opened_at(request.POST.get("opened", ""), by=request.user, of=of, at=at)


def _asks_for_code(
    confirmation: confirming.Confirmation,
    deed: str,
    request: web.SignedInRequest,
    promotion: PromotionRequest,
) -> bool:
    """Whether the page asks for a code; who may not do it anyway is refused, and recorded, by the service."""
    return confirmation.is_wanted and permissions.can(deed, request.user, promotion)


@require_POST
def send_back(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Return it to its operators with what should change."""
    promotion, onwards = _in_turn(request, reference)
    form = ReturnForm(request.POST, kind=promotion.newest.kind)
    done = _("%(reference)s is returned. Its operator reads your note.")
    return _refuse(request, promotion, "return", review.send_back, form, done, onwards)


@require_POST
def reject(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Refuse it for good."""
    promotion, onwards = _in_turn(request, reference)
    done = _("%(reference)s is rejected for good. Its operator reads your note.")
    return _refuse(request, promotion, "reject", review.reject, RejectForm(request.POST), done, onwards)


def _refuse(
    request: web.SignedInRequest,
    promotion: PromotionRequest,
    name: str,
    deed: Callable[..., Decision],
    form: ReturnForm | RejectForm,
    done: str,
    onwards: str,
) -> HttpResponse:
    confirmation = confirming.given(request)
    if not form.is_valid() or _asks_for_code(confirmation, name, request, promotion):
        return _again(request, find(request, promotion.reference), form, confirmation=confirmation)
    at = timezone.now()
    try:
        with in_words(promotion):
            deed(
                reference=promotion.reference,
                by=request.user,
                at=at,
                confirmed_at=confirmation.at,
                opened_at=_opened_at(request, promotion, at),
                **form.cleaned_data,
            )
    except (Stale, Blocked) as refused:
        return _again(request, find(request, promotion.reference), form, refused)
    messages.success(request, done % {"reference": promotion.reference})
    return web.redirect(onwards)


def _again(
    request: web.SignedInRequest,
    promotion: PromotionRequest,
    form: ReturnForm | RejectForm,
    refused: Refused | None = None,
    confirmation: confirming.Confirmation | None = None,
) -> HttpResponse:
    """The page once more, with what was typed."""
    returning = form if isinstance(form, ReturnForm) else None
    rejecting = form if isinstance(form, RejectForm) else None
    return show(
        request,
        promotion,
        returning=returning,
        rejecting=rejecting,
        confirmation=confirmation,
        refused=refused,
        status=422,
    )


def in_words(promotion: PromotionRequest) -> AbstractContextManager[None]:
    """Refusals about this request leave with their differences and findings as sentences."""
    marketplace = promotion.store.marketplace
    return refusals_in_words(
        zone=marketplace.time_zone,
        currency=marketplace.currency,
        content=decode(promotion.newest.body),
    )


def _in_turn(request: web.SignedInRequest, reference: str) -> tuple[PromotionRequest, str]:
    """The request, and where deciding leads: the next in this person's filtered queue, or what became of it.

    Read before the deed, which then asks anew for all that it rests on.
    """
    form = kept_filter(request)
    with one_reading():
        promotion = record_of(request.user, reference)
        following = queue.following(promotion, by=request.user, form=form) or promotion.reference
    kept = {"queue": form.kept} if form.is_narrowed else None
    return promotion, reverse("request", args=[following], query=kept)
