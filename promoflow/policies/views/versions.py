"""The versions of the rules: the list of them, and one to read."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import why_not
from promoflow import web
from promoflow.policies import content, permissions, selectors, shipped, wording
from promoflow.policies.presenting import Rules


@require_GET
def index(request: web.SignedInRequest) -> HttpResponse:
    """Every version, who drafted and who published it; and the draft of the next one."""
    draft = selectors.open_draft()
    context = {
        "has_role": not why_not(permissions.check_can_read, request.user),
        "versions": selectors.versions(),
        "draft": draft,
        "why_not_open": why_not(permissions.check_can_open, request.user, draft),
    }
    return render(request, "policies/index.html", context)


@require_GET
def version(request: web.SignedInRequest, number: int) -> HttpResponse:
    """One version, and what it changed; the number of the open draft leads there."""
    permissions.check_can_read(request.user)
    found = {one.number: one for one in selectors.versions()}
    draft = selectors.open_draft()
    if draft and draft.number == number:
        return web.redirect("policy-draft")
    if number not in found:
        raise Http404
    body = content.decode(found[number].body)
    before = found.get(number - 1)
    context = {
        "version": found[number],
        "is_in_force": number == max(found),
        "title": shipped.in_words(body.get("title", "")),
        "rules": Rules(body),
        "changes": wording.differences(content.decode(before.body), body) if before else [],
        "verdicts": [(code, word, wording.MEANINGS[code]) for code, word in wording.VERDICTS.items()],
        "sure": wording.SURE.items(),
    }
    return render(request, "policies/version.html", context)
