"""Discussing: anybody of the store says something to a request, and it moves nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from promoflow.audit import services as audit
from promoflow.errors import Blocked
from promoflow.promotions import permissions, selectors
from promoflow.promotions.mentions import mentioned
from promoflow.promotions.models import Comment, PromotionRequest, Revision
from promoflow.promotions.services.steps import tell
from promoflow.repeating import make_once, mark_of

LONGEST = 2000


def say(
    *,
    reference: str,
    by: User,
    at: datetime,
    revision: str,
    body: str,
    mentions: Collection[int] = (),
    once: UUID | None = None,
) -> Comment:
    """Comment on the revision (its digest, in hex) that this person read; nothing of the request moves.

    Told of it are the people whose names stand in it behind an @, and those whose accounts `mentions` names.
    `once` is the key of the form, which makes one comment.
    """
    seen = selectors.get(reference)
    mark = mark_of(once, seen.reference.encode(), revision.encode(), body.encode())

    def make() -> Comment:
        request = selectors.get(reference)
        permissions.check_can_comment(by, request)
        text = _text(body)
        told = _told(request, text, mentions)
        comment = Comment.objects.create(
            request=request,
            revision=_read(request, revision),
            body=text,
            mentions=[person.pk for person in told],
            once=mark,
            said_at=at,
            said_by=by,
        )
        _record(comment, told)
        tell("request_mentioned", request, to=told, by=by, at=at, occasion=comment.pk, note=text)
        return comment

    with audit.refusals("request.comment_refused", by=by, at=at, on=seen):
        return make_once(Comment.objects.filter(said_by=by), mark, make)


def _record(comment: Comment, told: Sequence[User]) -> None:
    audit.record(
        "request.commented",
        by=comment.said_by,
        at=comment.said_at,
        on=comment.request,
        why=comment.body,
        after={"mentions": [person.name for person in told]} if told else None,
        revision=bytes(comment.revision.digest),
    )


def _text(body: str) -> str:
    text = body.replace("\r\n", "\n").strip()
    if not text:
        raise Blocked(_("Write what you want to say."))
    if len(text) > LONGEST:
        raise Blocked(
            _("A comment has at most %(most)d characters; this one has %(count)d.")
            % {"most": LONGEST, "count": len(text)}
        )
    return text


def _read(request: PromotionRequest, digest: str) -> Revision:
    """The revision that the page showed; one that it never had says that the page is not of this request."""
    revisions = request.revisions.order_by("-number")
    read = next((revision for revision in revisions if bytes(revision.digest).hex() == digest), None)
    if read is None:
        raise Blocked(_("This page is damaged: reload it."))
    return read


def _told(request: PromotionRequest, text: str, chosen: Collection[int]) -> list[User]:
    here = people.people_of(request.store_id)
    if set(chosen) - {person.pk for person in here}:
        raise Blocked(_("Only people with a role on the store can be mentioned."))
    named = {person.pk for person in mentioned(text, here)} | set(chosen)
    return [person for person in here if person.pk in named]
