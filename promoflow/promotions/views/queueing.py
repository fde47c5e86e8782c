"""The review queue: working through it, returning several, saved filters, and who is on which request."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import confirming
from accounts.confirming import Confirmation
from promoflow import web
from promoflow.errors import Blocked
from promoflow.promotions.forms.deciding import ClaimForm, ReturnSeveralForm, SaveFilterForm
from promoflow.promotions.forms.filtering import QueueForm
from promoflow.promotions.models import SavedFilter
from promoflow.promotions.pages import opening
from promoflow.promotions.pages.queue import Queue
from promoflow.promotions.services import claiming, returning, saving
from promoflow.promotions.services.returning import Outcome
from promoflow.promotions.views.requests import find, kept_filter


@require_GET
def queue(request: web.SignedInRequest) -> HttpResponse:
    """What this person may decide, what slips away soonest on top; may verify; and what waits for others."""
    return _show(request, QueueForm(request.GET))


def _show(
    request: web.SignedInRequest,
    form: QueueForm,
    *,
    returning: ReturnSeveralForm | None = None,
    confirmation: Confirmation | None = None,
    saving: SaveFilterForm | None = None,
    status: int = 200,
) -> HttpResponse:
    at, opened = timezone.now(), request.POST.get("opened", "")
    found = Queue(request.user, form, at=at, number=(request.POST or request.GET).get("page"))
    if not web.wants_fragment(request):
        form.offer(found.counts)
    context: dict[str, object] = {
        "queue": found,
        "form": form,
        "returning": returning or ReturnSeveralForm(),
        "confirmation": confirmation or confirming.asked(request),
        "picked": request.POST.getlist("picked"),
        "opened": opening.kept(opened, by=request.user, of=opening.QUEUE, at=at),
        "saving": saving or SaveFilterForm(),
    }
    return web.respond(
        request,
        page="promotions/queue.html",
        fragment="promotions/_queue.html",
        context=context,
        status=status,
    )


def _address(form: QueueForm) -> str:
    return reverse("review-queue", query=form.asked or None)


@require_POST
def return_several(request: web.SignedInRequest) -> HttpResponse:
    """Return those that are ticked, each for itself: what is refused keeps none of the others."""
    kept, form = kept_filter(request), ReturnSeveralForm(request.POST)
    confirmation = confirming.given(request)
    if not form.is_valid() or confirmation.is_wanted:
        return _show(request, kept, returning=form, confirmation=confirmation, status=422)
    at, opened = timezone.now(), request.POST.get("opened", "")
    outcomes = returning.return_several(
        seen=form.cleaned_data["picked"],
        note=form.cleaned_data["note"],
        by=request.user,
        at=at,
        confirmed_at=confirmation.at,
        opened_at=opening.opened_at(opened, by=request.user, of=opening.QUEUE, at=at),
    )
    for outcome in outcomes:
        _say(request, outcome)
    return web.redirect(_address(kept))


def _say(request: web.SignedInRequest, outcome: Outcome) -> None:
    if outcome.refusal:
        said = {"reference": outcome.reference, "why": outcome.refusal}
        messages.error(request, _("%(reference)s is not returned. %(why)s") % said)
    else:
        messages.success(request, _("%(reference)s is returned.") % {"reference": outcome.reference})


@require_POST
def save_filter(request: web.SignedInRequest) -> HttpResponse:
    """Give the filter of the queue a name."""
    kept, form = kept_filter(request), SaveFilterForm(request.POST)
    if form.is_valid() and not kept.is_narrowed:
        form.add_error(None, _("Nothing narrows the queue: choose what to look for first."))
    if form.is_valid():
        try:
            saving.save(name=form.cleaned_data["name"], query=kept.kept, by=request.user, at=timezone.now())
        except Blocked as refused:
            form.add_error(None, str(refused))
    if form.errors:
        return _show(request, kept, saving=form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % form.cleaned_data)
    return web.redirect(_address(kept))


@require_POST
def delete_filter(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """Forget one's own filter."""
    try:
        saving.delete(pk=pk, by=request.user)
    except SavedFilter.DoesNotExist as unknown:
        raise Http404 from unknown
    messages.success(request, _("The filter is deleted."))
    return web.redirect(_address(kept_filter(request)))


@require_POST
def claim(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Be on it, so that nobody else begins too; or take it over from somebody."""
    promotion = find(request, reference)
    form = ClaimForm(request.POST)
    over = form.cleaned_data["over"] if form.is_valid() else None
    claiming.claim(reference=promotion.reference, by=request.user, at=timezone.now(), over=over)
    return _back_to(request, promotion.reference)


@require_POST
def release(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Be on it no longer."""
    promotion = find(request, reference)
    claiming.release(reference=promotion.reference, by=request.user, at=timezone.now())
    return _back_to(request, promotion.reference)


def _back_to(request: web.SignedInRequest, reference: str) -> HttpResponse:
    kept = kept_filter(request).kept
    return web.redirect(reverse("request", args=[reference], query={"queue": kept} if kept else None))
