"""Requests: the list of them, and the page of one."""

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from accounts import confirming
from accounts import selectors as people
from accounts.confirming import Confirmation
from accounts.roles import OPERATOR
from promoflow import web
from promoflow.errors import Refused, Stale
from promoflow.policies import selectors as policies
from promoflow.promotions import outgrowing, progress, retyping, selectors
from promoflow.promotions.changes import Changes
from promoflow.promotions.checker import Report
from promoflow.promotions.forms.deciding import ApproveForm, RejectForm, ReturnForm, SettleForm
from promoflow.promotions.forms.discussing import CommentForm
from promoflow.promotions.forms.filtering import FilterForm, QueueForm
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.pages import alarming, comparing, discussion, lines, opening, queue, sealing
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.pictures import picture, scale
from promoflow.promotions.pictures.picture import Picture
from promoflow.promotions.views.drafting import submit_context
from promoflow.promotions.views.drafts import record_of
from promoflow.promotions.wording import change_sentences

# So many products are shown at once; the ones nearest to their floor are first.
FEW = 8
PER_PAGE = 50


@require_GET
def index(request: web.SignedInRequest) -> HttpResponse:
    """All requests of the person's stores, as narrowly as they ask; the same queries for any number."""
    at, stores = timezone.now(), people.stores_of(request.user)
    form = FilterForm(
        request.GET,
        requests=selectors.with_stage(selectors.visible(request.user), at),
        stores=stores,
        by=request.user,
        at=at,
    )
    page = Paginator(form.found(), PER_PAGE).get_page(request.GET.get("page"))
    operated, alone = people.stores_of(request.user, OPERATOR), form.store_alone
    context: dict[str, object] = {
        "form": form,
        "page": page,
        "lines": lines.of(page.object_list, policies.current(), at),
        "alarmed": set(
            selectors.open_alarms()
            .filter(request__in=[promotion.pk for promotion in page.object_list])
            .values_list("request", flat=True)
        ),
        "drafts": bool(operated),
        "drafts_here": alone.pk in operated if alone else bool(operated),
        "has_role": bool(stores),
        "many_stores": len(stores) > 1,
    }
    return web.respond(
        request, page="promotions/index.html", fragment="promotions/_list.html", context=context
    )


@require_GET
def page(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Everything about one request, and what this person may do with it now; for htmx, its picture."""
    promotion = find(request, reference)
    if not web.wants_fragment(request):
        return show(request, promotion)
    dossier = Dossier(promotion, by=request.user, at=timezone.now())
    return web.respond(
        request,
        page="promotions/page.html",
        fragment="promotions/_pictured.html",
        context={"pictured": _pictured(request, dossier)},
    )


def _pictured(request: web.SignedInRequest, dossier: Dossier) -> Picture | None:
    """What runs beside it on one of its products; nothing once it is over."""
    if dossier.beside is None:
        return None
    address = reverse("request", args=[dossier.request.reference])
    frame = scale.fitting(phone=web.on_a_phone(request))
    return picture.of_report(
        dossier.beside, request.GET, address, at=dossier.at, zone=dossier.zone, frame=frame
    )


def find(request: web.SignedInRequest, reference: str) -> PromotionRequest:
    """The request of this reference, if the person may know of it."""
    return record_of(request.user, reference, selectors.whole)


def show(
    request: web.SignedInRequest,
    promotion: PromotionRequest,
    *,
    approving: ApproveForm | None = None,
    returning: ReturnForm | None = None,
    rejecting: RejectForm | None = None,
    settling: SettleForm | None = None,
    confirmation: Confirmation | None = None,
    commenting: CommentForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with what was typed and why it was refused where a deed led back here."""
    dossier = Dossier(promotion, by=request.user, at=timezone.now())
    since = _since_shown(request, dossier.report)
    of_store = people.people_of(promotion.store_id)
    others = [person for person in of_store if person != request.user]
    retypes = retyping.asks_to_retype(promotion)
    few = None if request.GET.get("products") == "all" else FEW
    context: dict[str, object] = {
        "dossier": dossier,
        "promotion": promotion,
        "pictured": _pictured(request, dossier),
        "shown_rows": dossier.rows[:few],
        "hidden_rows": len(dossier.rows[few:]) if few else 0,
        "returned": selectors.open_return(promotion),
        "asks_to_retype": retypes,
        "comparisons": comparing.comparisons(dossier),
        "acknowledged": _still_ticked(request, dossier.report, since),
        "sealed": sealing.seal(dossier.report) if dossier.report and "approve" in dossier.may else "",
        "opened": opening.kept(
            request.POST.get("opened", ""),
            by=request.user,
            of=opening.content(promotion.reference, dossier.revision.digest.hex()),
            at=dossier.at,
        ),
        "banner": alarming.of(dossier),
        "approving": approving or ApproveForm(retypes=retypes),
        "returning": returning or ReturnForm(kind=promotion.newest.kind),
        "rejecting": rejecting or RejectForm(),
        "settling": settling or SettleForm(),
        "progress": progress.of(promotion, dossier.decisions),
        "confirmation": confirmation or SimpleLazyObject(lambda: confirming.asked(request)),
        "commenting": commenting or CommentForm(people=others),
        "discussion": discussion.discussion(dossier, of_store),
    }
    if promotion.state == State.IN_REVIEW and dossier.report:
        context["outgrown"] = outgrowing.outgrown(promotion, dossier.decisions, dossier.report)
        context["turn"] = queue.turn_of(
            promotion, by=request.user, form=kept_filter(request), policy=dossier.policy, at=dossier.at
        )
    if "submit" in dossier.may:
        context |= submit_context(promotion, by=request.user, at=dossier.at, found=dossier.report)
    if refused is not None:
        told = _with_changes(refused, since, dossier) if isinstance(refused, Stale) else refused
        context["refused"], status = web.explain(request, told)
    return render(request, "promotions/page.html", context, status=status)


def kept_filter(request: web.SignedInRequest) -> QueueForm:
    """The filter of the queue that its reader works through, which page and deed hand on."""
    return QueueForm(QueryDict(request.POST.get("queue", request.GET.get("queue", ""))))


def _since_shown(request: web.SignedInRequest, report: Report | None) -> Changes | None:
    """What has changed since the page that this form comes from, as far as it can tell."""
    if report is None or "report" not in request.POST:
        return None
    return sealing.changes_since(request.POST.get("sealed", ""), digest=request.POST["report"], now=report)


def _still_ticked(request: web.SignedInRequest, report: Report | None, since: Changes | None) -> list[str]:
    """A tick stays where its warning says to the letter what was read; else it is to be read again."""
    ticked = request.POST.getlist("acknowledged")
    if report and request.POST.get("report") == report.digest.hex():
        return ticked
    return [key for key in ticked if since and key in since.untouched]


def _with_changes(stale: Stale, since: Changes | None, dossier: Dossier) -> Stale:
    """The refusal with what has changed in place of all that is found now, where it is known."""
    known = change_sentences.lines(since, zone=dossier.zone, currency=dossier.currency) if since else []
    findings = () if known else stale.findings
    return Stale(stale.sentence, changes=[*stale.changes, *known], findings=findings)
