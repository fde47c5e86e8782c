"""What was said of a request, in the order of time: its decisions, and what people wrote between them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from accounts.models import User
from promoflow.promotions import mentions
from promoflow.promotions.dossier import Dossier
from promoflow.promotions.models import Comment, Decision


@dataclass(frozen=True, kw_only=True)
class Said:
    """A decision, or a comment with its text and the names of whom it told."""

    at: datetime
    decision: Decision | None = None
    comment: Comment | None = None
    text: SafeString | None = None
    to: tuple[str, ...] = ()


def discussion(dossier: Dossier, people: Iterable[User]) -> list[Said]:
    """The oldest first; `people` are those of the store, whose names are at hand."""
    comments = list(dossier.request.comments.select_related("said_by", "revision").order_by("pk"))
    names = _names(comments, people)
    said = [Said(at=decision.decided_at, decision=decision) for decision in reversed(dossier.decisions)]
    said += [_comment(comment, names) for comment in comments]
    return sorted(said, key=lambda one: one.at)


def _comment(comment: Comment, names: dict[int, str]) -> Said:
    to = tuple(names[key] for key in comment.mentions)
    return Said(at=comment.said_at, comment=comment, text=mentions.shown(comment.body, to), to=to)


def _names(comments: Iterable[Comment], people: Iterable[User]) -> dict[int, str]:
    """What everybody who is mentioned is called, also those who have left the store."""
    names = {person.pk: person.name for person in people}
    gone = {key for comment in comments for key in comment.mentions} - set(names)
    return names | (dict(User.objects.filter(pk__in=gone).values_list("pk", "name")) if gone else {})
