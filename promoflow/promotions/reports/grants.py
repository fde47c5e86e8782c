"""Grants over time: who held which role on which store from when to when, by the history alone."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.roles import ROLES
from promoflow.promotions.reports.frame import Column, Kind, Link, Question, Report, Row, ask, joined

# Given, used and taken away again: shorter than this is worth a look.
_SHORT: Final = timedelta(hours=1)

_EMAIL: Final = Column("email", gettext_lazy("Email"), is_for_machines=True)
_DURING: Final = Column("during", pgettext_lazy("report", "Within these days"), Kind.BAR)

# Whose page a name leads to.
_PEOPLE: Final = {"holder": "account", "granted_by": "giver", "revoked_by": "taker"}

# A grant ends with the next revoke of the same role, of the same account, on the same store.
_GRANTS: Final = """
    WITH moved AS (
        SELECT e.id, e.at, e.event, e.store_name, e.actor_id, e.subject_id, e.after ->> 'role' AS role,
            lead(e.at) OVER of_role AS ended_at, lead(e.id) OVER of_role AS ended_id,
            lead(e.actor_id) OVER of_role AS ended_by
        FROM audit_entry e
        WHERE e.store_id = ANY(%(stores)s) AND e.event IN ('role.granted', 'role.revoked')
            AND e.outcome = 'done'
        WINDOW of_role AS (
            PARTITION BY e.store_id, e.subject_id, coalesce(e.after ->> 'role', e.before ->> 'role')
            ORDER BY e.id
        )
    )
    SELECT m.id, m.at, m.store_name, m.role, m.ended_at, m.ended_id, holder.name AS holder,
        holder.id AS account, holder.email, giver.name AS granted_by, taker.name AS revoked_by,
        giver.id AS giver, taker.id AS taker,
        holder.person_id = giver.person_id AS own, NOT holder.is_active AS asleep
    FROM moved m
    JOIN accounts_user holder ON holder.id = m.subject_id
    LEFT JOIN accounts_user giver ON giver.id = m.actor_id
    LEFT JOIN accounts_user taker ON taker.id = m.ended_by
    WHERE m.event = 'role.granted' AND m.at < %(until)s
        AND (m.ended_at IS NULL OR m.ended_at > %(since)s)
        AND (%(person)s::uuid IS NULL OR holder.person_id = %(person)s)
"""


def _rows(question: Question) -> Iterator[Row]:
    for grant in ask(_GRANTS, question):
        role = ROLES.get(grant["role"])
        until = grant["ended_at"] or question.at
        ended = {"ended_at": Link("history-entry", (grant["ended_id"],))} if grant["ended_id"] else {}
        yield Row(
            values={
                **grant,
                "role": str(role.name) if role else grant["role"],
                "length": max(0.0, (until - grant["at"]).total_seconds()),
                "during": _bar(question, grant["at"], until),
            },
            links={
                **{
                    column: Link("person", (grant[account],))
                    for column, account in _PEOPLE.items()
                    if grant[account]
                },
                "at": Link("history-entry", (grant["id"],)),
                **ended,
            },
            flags=_flags(grant),
        )


def _flags(grant: Mapping[str, Any]) -> tuple[str, ...]:
    short = grant["ended_at"] is not None and grant["ended_at"] - grant["at"] < _SHORT
    return joined(
        [
            _("Granted to themselves") if grant["own"] else "",
            _("Held for less than an hour") if short else "",
        ]
    )


def _bar(question: Question, since: datetime, until: datetime) -> tuple[float, float]:
    """Where it begins in the period and how much of it it takes, in percent."""
    whole = (question.until - question.since).total_seconds()
    begins = max(0.0, (since - question.since).total_seconds() / whole)
    ends = min(1.0, (until - question.since).total_seconds() / whole)
    return round(100 * begins, 2), round(100 * max(ends - begins, 0.005), 2)


GRANTS: Final = Report(
    code="grants",
    icon="shield-check",
    title=gettext_lazy("Grants over time"),
    shows=gettext_lazy(
        "Who held which role on which store at some time of these days, from when to when, and who "
        "granted and revoked it: read from the history, not from what is granted now. Choose one day as "
        "both the first and the last to see who held what on it. A deactivated account keeps its roles, "
        "but cannot use them. Look for roles that somebody granted to themselves, and for those held just "
        "long enough for one deed."
    ),
    nothing=gettext_lazy("Nobody held a role like this in these days."),
    columns=(
        Column("holder", gettext_lazy("Person"), below=_EMAIL),
        _EMAIL,
        Column("account", gettext_lazy("Account number"), is_for_machines=True),
        Column("role", gettext_lazy("Role")),
        Column("store_name", gettext_lazy("Store")),
        Column("at", pgettext_lazy("report", "From"), Kind.INSTANT),
        Column("granted_by", gettext_lazy("Granted by")),
        Column("ended_at", pgettext_lazy("report", "To"), Kind.INSTANT),
        Column("revoked_by", gettext_lazy("Revoked by")),
        Column("length", gettext_lazy("Held for"), Kind.LENGTH, below=_DURING),
    ),
    rows=_rows,
    order="holder",
)
