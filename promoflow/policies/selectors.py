"""Which rules are in force, the draft of the next ones, and the lock under which they change."""

from typing import Final

from django.db import connection
from django.db.models import Prefetch, QuerySet

from accounts.models import User
from promoflow.policies import content
from promoflow.policies.models import PolicyDraft, PolicyRevision, PolicyVersion
from promoflow.prepared import Prepared
from promoflow.reading import read_once
from promoflow.rulebook.policy import Policy, read

_LOCK: Final = "promoflow policy in force"


_parsed: dict[bytes, Policy] = {}


def policy_of(version: PolicyVersion | PolicyRevision) -> Policy:
    """The rules of a version or a draft's revision, read and parsed once a process: neither ever changes."""
    digest = bytes(version.digest)
    if digest not in _parsed:
        _parsed[digest] = read(content.decode(version.body))
    return _parsed[digest]


@read_once
def current_version() -> PolicyVersion:
    """The version in force, the highest number; its rules are read from the database when asked for."""
    return _IN_FORCE()[0]


_IN_FORCE: Final = Prepared(lambda: PolicyVersion.objects.defer("body").order_by("-number")[:1])


def current() -> Policy:
    """The rules in force."""
    return policy_of(current_version())


def versions() -> QuerySet[PolicyVersion]:
    """All of them, the newest first, with everybody who drafted and who published each."""
    revisions = PolicyRevision.objects.defer("body").select_related("edited_by")
    return (
        PolicyVersion.objects.select_related("published_by", "revision__draft")
        .defer("revision__body")
        .prefetch_related(Prefetch("revision__draft__revisions", revisions))
        .order_by("-number")
    )


def keep_in_force() -> None:
    """Keep the rules what they are to the end of the transaction, beside any number of others who do.

    Whoever decides by the rules takes this before any row: else an approval could read the old version, a
    publishing re-check everything that is approved, and the approval then commit what the new one forbids.
    """
    _lock("pg_advisory_xact_lock_shared")


def lock_in_force() -> None:
    """Wait for everybody who decides by the rules, and keep others from it until the transaction ends."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [_LOCK])


def open_draft() -> PolicyDraft | None:
    """The draft of the next version, where somebody has opened one."""
    return PolicyDraft.objects.select_related("opened_by").filter(status=PolicyDraft.Status.OPEN).first()


def lock_open_draft() -> PolicyDraft | None:
    """The same with its row locked to the end of the transaction."""
    return (
        PolicyDraft.objects.select_for_update(of=("self",), no_key=True)
        .select_related("opened_by")
        .filter(status=PolicyDraft.Status.OPEN)
        .first()
    )


def lock_power(user: User, *roles: str) -> bool:
    """Whether the person holds one of the roles on any store, true until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT policies_holds(%s, VARIADIC %s)", [user.pk, list(roles)])
        return bool(cursor.fetchone()[0])
