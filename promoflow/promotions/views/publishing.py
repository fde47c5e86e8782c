"""The page of the draft of the rules: what it changes, what it would block, and publishing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import confirming
from accounts import selectors as people
from accounts.permissions import why_not
from promoflow import web
from promoflow.errors import Blocked, Refused, Stale
from promoflow.policies import content, permissions, wording
from promoflow.policies import selectors as policies
from promoflow.policies.presenting import Rules
from promoflow.promotions import impact, selectors
from promoflow.promotions.forms.deciding import PublishForm
from promoflow.promotions.models import Alarm, Cause
from promoflow.promotions.services import publishing
from promoflow.promotions.wording.presenting import Shown, present


@require_GET
def draft(request: web.SignedInRequest) -> HttpResponse:
    """The draft, and its effect if it were published now."""
    permissions.check_can_read(request.user)
    return _page(request) if policies.open_draft() else web.redirect("policy-list")


@require_POST
def publish(request: web.SignedInRequest) -> HttpResponse:
    """Put in force what the page showed: its content and its effect, by their digests."""
    permissions.check_can_read(request.user)
    form, confirmation = PublishForm(request.POST), confirming.given(request)
    form.is_valid()
    opened = policies.open_draft()
    if confirmation.is_wanted and opened and not why_not(permissions.check_can_publish, request.user, opened):
        return _page(request, confirmation=confirmation, status=422)
    try:
        version = publishing.publish(
            by=request.user,
            at=timezone.now(),
            confirmed_at=confirmation.at,
            revision=form.cleaned_data.get("revision", ""),
            effect=form.cleaned_data.get("effect", ""),
        )
    except (Stale, Blocked) as refused:
        return _page(request, refused=refused)
    alarms = Alarm.objects.filter(report__policy=version, cause=Cause.RULES).count()
    raised = ngettext("%(alarms)d alarm was raised.", "%(alarms)d alarms were raised.", alarms) % {
        "alarms": alarms
    }
    messages.success(request, _("Policy %(number)d is in force.") % {"number": version.number} + f" {raised}")
    return web.redirect("policy", version.number)


def _page(
    request: web.SignedInRequest,
    *,
    refused: Refused | None = None,
    confirmation: confirming.Confirmation | None = None,
    status: int = 200,
) -> HttpResponse:
    opened = permissions.check_is_open(policies.open_draft())
    newest = opened.newest
    body, in_force = content.decode(newest.body), policies.current_version()
    effect = impact.of(newest, at=timezone.now())
    visible = people.stores_of(request.user)
    alarmed = set(selectors.open_alarms().values_list("request", flat=True))
    context: dict[str, object] = {
        "draft": opened,
        "newest": newest,
        "in_force": in_force,
        "rules": Rules(body),
        "summary": body["summary"],
        "changes": wording.differences(content.decode(in_force.body), body),
        "effect": effect,
        "hits": [
            (hit.request, _findings(hit), hit.request.pk in alarmed)
            for hit in effect.hits
            if hit.request.store_id in visible
        ],
        "hidden": sum(hit.request.store_id not in visible for hit in effect.hits),
        "why_not_publish": why_not(permissions.check_can_publish, request.user, opened),
        "confirmation": confirmation or confirming.asked(request),
        "why_not_draft": why_not(permissions.check_can_draft, request.user),
    }
    if refused is not None:
        context["refused"], status = web.explain(request, refused)
    return render(request, "policies/draft.html", context, status=status)


def _findings(hit: impact.Hit) -> list[Shown]:
    marketplace = hit.request.store.marketplace
    titles = {product.asin: product.title for product in hit.report.products}
    return present(
        hit.report.blocks, zone=marketplace.time_zone, currency=marketplace.currency, titles=titles
    )
