"""Comments on a request."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import selectors as people
from promoflow import web
from promoflow.errors import Blocked
from promoflow.promotions.forms.discussing import CommentForm
from promoflow.promotions.services import discussing
from promoflow.promotions.views.requests import find, show


@require_POST
def say(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Say something on what the page shows; back to where it stands then."""
    promotion = find(request, reference)
    others = [person for person in people.people_of(promotion.store_id) if person != request.user]
    form = CommentForm(request.POST, people=others)
    if not form.is_valid():
        return show(request, promotion, commenting=form, status=422)
    try:
        comment = discussing.say(
            reference=promotion.reference,
            by=request.user,
            at=timezone.now(),
            once=web.once(request),
            **form.cleaned_data,
        )
    except Blocked as refused:
        return show(request, promotion, commenting=form, refused=refused)
    return web.SeeOther(f"{reverse('request', args=[promotion.reference])}#comment-{comment.pk}")
