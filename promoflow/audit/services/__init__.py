"""Writing the history, and proving that nobody rewrote it.

`record` belongs into the transaction of the change that it tells of: both happen or neither does.

A refused attempt rolls its transaction back, and an entry in it would go with it. So a service that decides
wraps its transaction, from outside, in `refusals`; the entry is then written in a transaction of its own:

    with audit.refusals("request.approve_refused", by=by, at=at, on=request):
        with transaction.atomic(durable=True):
            ...
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, cast
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from promoflow.audit import chain
from promoflow.audit.events import EVENTS
from promoflow.audit.middleware import origin
from promoflow.audit.models import Entry, Link
from promoflow.audit.notes import Checkpoint
from promoflow.audit.selectors import plain_rows
from promoflow.audit.tree import Range
from promoflow.errors import Refused


class Person(Protocol):
    """What the history wants to know of an account; accounts.User is one."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def person_id(self) -> UUID: ...


def record(
    event: str,
    *,
    by: Person | None,
    at: datetime,
    on: Model | None,
    store: Model | None = None,
    states: tuple[str, str] | None = None,
    step: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    why: str = "",
    asins: Sequence[str] = (),
    revision: bytes | None = None,
    report: bytes | None = None,
    outcome: Literal["done", "refused"] = "done",
) -> Entry:
    """Write what happened, in the transaction in which it happened.

    `by` is None for the clock, and for a stranger who failed to sign in; `on` is None where the stranger
    named nobody we know. `store` is found from `on` where that is a store or has one.
    """
    if event not in EVENTS:
        raise ValueError(f"{event!r} is not in promoflow.audit.events; name it there first.")
    if at.tzinfo is None:
        raise ValueError("The history wants an aware instant.")
    store = store or _store_of(on)
    state_before, state_after = states or ("", "")
    here = origin()
    return Entry.objects.create(
        at=at,
        event=event,
        outcome=outcome,
        actor_id=by.pk if by else None,
        actor_name=by.name if by else "",
        actor_person=by.person_id if by else None,
        store_id=store.pk if store else None,
        store_name=str(store) if store else "",
        subject_type=on._meta.label_lower if on else "",
        subject_id=on.pk if on else None,
        subject=_called(on),
        asins=sorted(set(asins)),
        step=step,
        state_before=state_before,
        state_after=state_after,
        before=dict(before or {}),
        after=dict(after or {}),
        why=why,
        revision_digest=revision,
        report_digest=report,
        address=here.address,
        user_agent=here.user_agent,
    )


def _store_of(subject: Model | None) -> Model | None:
    if subject is not None and subject._meta.label_lower == "catalog.store":
        return subject
    return getattr(subject, "store", None)


def _called(subject: Model | None) -> str:
    """What people call it: its reference if it has one; an account its name, in no reader's language."""
    if subject is None:
        return ""
    if isinstance(subject, AbstractBaseUser):
        return cast(Person, subject).name[:200]
    return str(getattr(subject, "reference", "") or subject)[:200]


def record_refused(
    event: str, *, by: Person | None, at: datetime, on: Model | None, sentence: str, **details: Any
) -> Entry:
    """Write that an attempt was refused, with the sentence that the person read, in a transaction of its own.

    `details` are those of `record`. It refuses to run inside a transaction: it would be rolled back with it.
    """
    with transaction.atomic(durable=True):
        return record(event, by=by, at=at, on=on, why=sentence, outcome="refused", **details)


@contextmanager
def refusals(
    event: str,
    *,
    by: Person | None,
    at: datetime,
    on: Model | Callable[[], Model | None] | None,
    **details: Any,
) -> Iterator[None]:
    """Record the refusal that leaves this block, and let it go on. Stands outside of the transaction.

    `on` may be a function, asked only then, where the record is not at hand before the block.
    """
    try:
        yield
    except Refused as refusal:
        subject = on() if callable(on) else on
        record_refused(event, by=by, at=at, on=subject, sentence=str(refusal), **_reasons(refusal) | details)
        refusal.recorded = True
        raise


@dataclass(frozen=True)
class Head:
    """How long the chain is and the hash it ends in: with these kept elsewhere, a cut or a rewrite shows."""

    seq: int
    row_hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.row_hash.hex()}"


@dataclass(frozen=True)
class Verdict:
    """What reading the whole chain found: how far it holds, and the first thing that is wrong."""

    head: Head
    trouble: str = ""


def verify(*, known: Head | None = None, checkpoints: Sequence[Checkpoint] = ()) -> Verdict:
    """Read the whole chain and recompute it, in constant memory.

    `known` is a head that somebody noted earlier, and `checkpoints` are what was signed for: only with these
    a cut-off end, or a chain rewritten from some place on, can be seen.
    """
    reading = _Reading(known, checkpoints)
    with transaction.atomic():
        for row in plain_rows(Link.objects.all()):
            if trouble := trouble_at(row, reading.head) or reading.add(Head(row["seq"], row["row_hash"])):
                return Verdict(reading.whole, trouble)
    return Verdict(reading.head, reading.cut_off() or _loose_entry())


class _Reading:
    """What was read of the chain, held against what was noted and signed for."""

    def __init__(self, known: Head | None, checkpoints: Sequence[Checkpoint]) -> None:
        self.head = self.whole = Head(0, chain.ORIGIN)
        self.known = known
        self.roots = {checkpoint.size: checkpoint.root for checkpoint in checkpoints}
        self._signed, self._grown = self.head, Range()

    def add(self, head: Head) -> str:
        """What is wrong with the place that was read; `whole` is how far nothing is."""
        if self.known and self.known.seq == head.seq and self.known.row_hash != head.row_hash:
            return _(
                "Place %(seq)s has another hash than the one that was noted: the history was rewritten."
            ) % {"seq": head.seq}
        self.head = head
        if self.roots:
            self._grown.add(head.row_hash)
        if head.seq in self.roots:
            if self.roots[head.seq] != self._grown.root:
                self.whole = self._signed
                return self._rewritten()
            self._signed = head
        self.whole = head
        return ""

    def _rewritten(self) -> str:
        """Between two checkpoints nothing says which entry it was: each has its hash, made right again."""
        return _(
            "The first %(size)s entries are not those that were signed for: one of places %(first)s to "
            "%(size)s was rewritten, and every hash made right again."
        ) % {"size": self.head.seq, "first": self._signed.seq + 1}

    def cut_off(self) -> str:
        signed = max(self.roots, default=0)
        if signed > self.head.seq:
            return _(
                "The history is truncated: it ends at place %(end)s, and %(signed)s entries were signed for, "
                "so %(missing)s are missing."
            ) % {"end": self.head.seq, "signed": signed, "missing": signed - self.head.seq}
        if self.known and self.known.seq > self.head.seq:
            return _(
                "The history ends at place %(end)s, but place %(seq)s was noted: its end was cut off."
            ) % {
                "end": self.head.seq,
                "seq": self.known.seq,
            }
        return ""


def trouble_at(row: Mapping[str, Any], head: Head) -> str:
    """What is wrong with the place after `head`; nothing, as a rule."""
    place = {"seq": row["seq"], "entry": row["id"]}
    if row["seq"] != head.seq + 1:
        return _("Place %(seq)s of the chain is missing: its entry or its link was removed.") % {
            "seq": head.seq + 1
        }
    if row["prev_hash"] != head.row_hash:
        return (
            _(
                "Entry %(entry)s at place %(seq)s does not follow the place before it: "
                "entries were reordered, inserted or replaced."
            )
            % place
        )
    if row["row_hash"] != chain.row_hash(head.row_hash, row["seq"], row["sealed"], row):
        return _("Entry %(entry)s at place %(seq)s does not match its hash: it was altered.") % place
    return ""


def _loose_entry() -> str:
    loose = Entry.objects.filter(link=None).order_by("pk").first()
    if loose is None:
        return ""
    return _(
        "Entry %(entry)s has no place in the chain: it was put in from outside, or its link was removed."
    ) % {"entry": loose.pk}


def _reasons(refusal: Refused) -> dict[str, Any]:
    """What was refused for, as before and after: fields that differ, or the keys of findings."""
    reasons = [*getattr(refusal, "findings", ()), *getattr(refusal, "changes", ())]
    fields = [reason for reason in reasons if hasattr(reason, "field")]
    keys = sorted(reason.key for reason in reasons if hasattr(reason, "key"))
    return {
        "before": {field.field: field.before for field in fields},
        "after": {field.field: field.after for field in fields} | ({"findings": keys} if keys else {}),
    }
