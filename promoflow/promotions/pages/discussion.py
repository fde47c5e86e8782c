"""What was said of a request, in the order of time: its decisions, and what people wrote between them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.safestring import SafeString

from accounts.models import User
from promoflow.audit.naming import Names, names
from promoflow.prepared import Prepared
from promoflow.promotions import mentions
from promoflow.promotions.models import Comment, Decision
from promoflow.promotions.pages.dossier import Dossier
from promoflow.standing_in import in_words


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
    comments = _COMMENTS(request=dossier.request.pk)
    called, stand_ins = _called(comments, people), names() if comments else Names({}, {})
    said = [Said(at=decision.decided_at, decision=decision) for decision in reversed(dossier.decisions)]
    said += [_comment(comment, called, stand_ins) for comment in comments]
    return sorted(said, key=lambda one: one.at)


_COMMENTS: Final = Prepared(
    lambda request: (
        Comment.objects.filter(request=request).select_related("said_by", "revision").order_by("pk")
    )
)


def _comment(comment: Comment, called: dict[int, str], stand_ins: Names) -> Said:
    to = tuple(called[key] for key in comment.mentions)
    text = mentions.shown(in_words(stand_ins.text(comment.body)), to)
    return Said(at=comment.said_at, comment=comment, text=text, to=to)


def _called(comments: Iterable[Comment], people: Iterable[User]) -> dict[int, str]:
    """What everybody who is mentioned is called, also those who have left the store."""
    names = {person.pk: person.called for person in people}
    gone = {key for comment in comments for key in comment.mentions} - set(names)
    return names | ({person.pk: person.called for person in User.objects.filter(pk__in=gone)} if gone else {})
