"""Requests: the list of them, and the page of one."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import selectors as people
from accounts.roles import OPERATOR
from promoflow import web
from promoflow.errors import Refused
from promoflow.policies import selectors as policies
from promoflow.promotions import lines, selectors
from promoflow.promotions.dossier import Dossier
from promoflow.promotions.forms.deciding import ApproveForm, RefuseForm
from promoflow.promotions.forms.filtering import FilterForm
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.views.drafting import submit_context

# So many products are shown at once; the ones nearest to their floor are first.
FEW = 8
PER_PAGE = 50


@require_GET
def index(request: web.SignedInRequest) -> HttpResponse:
    """All requests of the person's stores, as narrowly as they ask; the same queries for any number."""
    at, stores = timezone.now(), people.stores_of(request.user)
    form = FilterForm(
        request.GET, requests=selectors.with_stage(selectors.visible(request.user), at), stores=stores
    )
    page = Paginator(form.found(), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "form": form,
        "page": page,
        "lines": lines.of(page.object_list, policies.current(), at),
        "drafts": bool(people.stores_of(request.user, OPERATOR)),
        "has_role": bool(stores),
        "many_stores": len(stores) > 1,
    }
    return web.respond(
        request, page="promotions/index.html", fragment="promotions/_list.html", context=context
    )


@require_GET
def page(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Everything about one request, and what this person may do with it now."""
    return show(request, find(request, reference))


def find(request: web.SignedInRequest, reference: str) -> PromotionRequest:
    """The request of this reference, if the person may know of it."""
    return get_object_or_404(
        selectors.visible(request.user).select_related(
            "copied_from", "activation__live_by", "activation__verified_by", "activation__stopped_by"
        ),
        pk=selectors.number_of(reference),
    )


def show(
    request: web.SignedInRequest,
    promotion: PromotionRequest,
    *,
    approving: ApproveForm | None = None,
    refusing: RefuseForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with what was typed and why it was refused where a deed led back here."""
    dossier = Dossier(promotion, by=request.user, at=timezone.now())
    few = None if request.GET.get("products") == "all" else FEW
    context: dict[str, object] = {
        "dossier": dossier,
        "promotion": promotion,
        "shown_rows": dossier.rows[:few],
        "hidden_rows": len(dossier.rows[few:]) if few else 0,
        "approving": approving or ApproveForm(),
        "acknowledged": request.POST.getlist("acknowledged"),
        "refusing": refusing or RefuseForm(),
    }
    if "submit" in dossier.may:
        context |= submit_context(promotion, by=request.user, at=dossier.at, found=dossier.report)
    if refused is not None:
        context["refused"], status = web.explain(request, refused)
    return render(request, "promotions/page.html", context, status=status)
