"""The draft of the next rules: open, edit and discard it. Its own page also tells its effect: promotions'."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from promoflow import web
from promoflow.errors import Blocked, Refused, Stale
from promoflow.policies import content, permissions, selectors
from promoflow.policies.forms import RulesForm
from promoflow.policies.models import PolicyDraft
from promoflow.policies.services import drafting


@require_POST
def open(request: web.SignedInRequest) -> HttpResponse:
    """Begin the next version."""
    draft = drafting.open(by=request.user, at=timezone.now())
    messages.success(
        request,
        _("The draft of policy %(number)d is open. It says what is in force until you change it.")
        % {"number": draft.number},
    )
    return web.redirect("policy-edit")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: web.SignedInRequest) -> HttpResponse:
    """Change any value of the draft."""
    permissions.check_can_draft(request.user)
    draft = permissions.check_is_open(selectors.open_draft())
    form = _form(request, draft)
    if not form.is_bound:
        return _page(request, draft, form)
    if not form.is_valid():
        return _page(request, draft, form, status=422)
    try:
        drafting.save(
            revision=form.cleaned_data["revision"],
            proposal=form.proposal,
            by=request.user,
            at=timezone.now(),
        )
    except Stale as stale:
        newest = draft.newest
        over = form.onto(content.decode(newest.body), revision=newest.number)
        return _page(request, draft, over, refused=stale)
    except Blocked as refused:
        return _page(request, draft, form, refused=refused)
    messages.success(request, _("The draft is saved. Nothing is in force before somebody else publishes it."))
    if "more" in request.POST:
        return web.redirect("policy-edit")
    return web.redirect("policy-draft")


@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: web.SignedInRequest) -> HttpResponse:
    """Give the draft up, after asking."""
    if request.method != "POST":
        permissions.check_can_draft(request.user)
        opened = permissions.check_is_open(selectors.open_draft())
        return render(request, "policies/discard.html", {"draft": opened})
    draft = drafting.discard(by=request.user, at=timezone.now())
    messages.success(request, _("The draft of policy %(number)d is discarded.") % {"number": draft.number})
    return web.redirect("policy-list")


def _form(request: web.SignedInRequest, draft: PolicyDraft) -> RulesForm:
    """A form that was sent is read against the revision that its page showed, not against a colleague's."""
    sent = request.POST if request.method == "POST" else None
    seen = sent and draft.revisions.filter(number=web.number(sent.get("revision", ""))).first()
    shown = seen or draft.newest
    return RulesForm(
        sent,
        base=content.decode(selectors.current_version().body),
        draft=content.decode(shown.body),
        revision=shown.number,
    )


def _page(
    request: web.SignedInRequest,
    draft: PolicyDraft,
    form: RulesForm,
    *,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    """The form; where somebody else was faster, with what they changed, for saving over it knowingly.

    Only that refusal hands out a newer revision: an error in a field is no proof that anything was read.
    """
    context: dict[str, object] = {"draft": draft, "form": form, "revision": form["revision"].value()}
    if refused is not None:
        context["refused"], status = web.explain(request, refused)
    return render(request, "policies/edit.html", context, status=status)
