"""Approvals by policy version: what was approved under which rules, and what later rules made of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy, ngettext

from promoflow.promotions.reports.approvers import APPROVALS
from promoflow.promotions.reports.frame import Column, Kind, Link, Question, Report, Row, ask, joined, share

# An approval is followed by its revision: what was edited and approved anew is another one.
_VERSIONS: Final = f"""
    WITH {APPROVALS},
    given AS (
        SELECT (a.after ->> 'policy')::int AS number, a.event, a.at,
            jsonb_array_length(coalesce(a.after -> 'acknowledged', '[]')) > 0 AS warned,
            EXISTS (
                SELECT 1 FROM audit_entry l WHERE l.subject_type = %(about_requests)s
                    AND l.subject_id = a.subject_id AND l.id > a.id AND l.event = 'request.marked_live'
                    AND l.outcome = 'done' AND l.revision_digest = a.revision_digest
            ) AS went_live,
            EXISTS (
                SELECT 1 FROM audit_entry l WHERE l.subject_type = %(about_requests)s
                    AND l.subject_id = a.subject_id AND l.id > a.id AND l.event = 'request.alarmed'
                    AND l.revision_digest = a.revision_digest
            ) AS alarmed
        FROM approval a
        WHERE %(person)s::uuid IS NULL OR a.approver = %(person)s
    ),
    raised AS (
        SELECT (e.after ->> 'policy')::int AS number, EXISTS (
            SELECT 1 FROM audit_entry l WHERE l.subject_type = %(about_requests)s
                AND l.subject_id = e.subject_id AND l.id > e.id
                AND (l.event = 'request.alarm_settled' OR l.state_before IN ('approved', 'live')
                    AND l.state_after <> l.state_before AND l.event <> 'request.marked_live')
        ) AS over
        FROM audit_entry e
        WHERE e.store_id = ANY(%(stores)s) AND e.event = 'request.alarmed' AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s
    ),
    version AS (
        SELECT v.number, v.published_at, u.name AS published_by, v.summary,
            lead(v.published_at) OVER (ORDER BY v.number) AS replaced_at
        FROM policies_policyversion v LEFT JOIN accounts_user u ON u.id = v.published_by_id
    )
    SELECT v.number, v.published_at, v.published_by, v.replaced_at, v.summary,
        count(*) FILTER (WHERE g.event = 'request.approved') AS approved,
        count(*) FILTER (WHERE g.event = 'request.endorsed') AS endorsed,
        count(*) FILTER (WHERE g.warned) AS warned,
        count(*) FILTER (WHERE g.event = 'request.approved' AND g.went_live) AS live,
        count(*) FILTER (WHERE g.event = 'request.approved' AND g.alarmed) AS alarmed,
        count(*) FILTER (WHERE g.at > v.replaced_at) AS out_of_force,
        (SELECT count(*) FROM raised r WHERE r.number = v.number) AS raised,
        (SELECT count(*) FROM raised r WHERE r.number = v.number AND NOT r.over) AS open
    FROM version v LEFT JOIN given g ON g.number = v.number
    GROUP BY v.number, v.published_at, v.published_by, v.replaced_at, v.summary
"""  # noqa: S608


def _rows(question: Question) -> Iterator[Row]:
    for version in ask(_VERSIONS, question):
        if not version["approved"] + version["endorsed"] + version["raised"] and version["replaced_at"]:
            continue
        given = {
            **question.kept,
            "person": None,
            "policy": version["number"],
            "approver": question.kept.get("person"),
        }
        approvals = Link("report", ("approvals",), given)
        warned = Link("report", ("approvals",), {**given, "acknowledged": "on"})
        alarms = Link("history", (), {**question.kept, "event": "request.alarmed", "person": None})
        yield Row(
            values={**version, "share": share(version["warned"], version["approved"] + version["endorsed"])},
            links={
                "number": Link("policy", (version["number"],)),
                "approved": approvals,
                "endorsed": approvals,
                "warned": warned,
                "raised": alarms,
                "open": alarms,
            },
            flags=_flags(version),
        )


def _flags(version: Mapping[str, Any]) -> tuple[str, ...]:
    unsettled = ngettext(
        "%(n)d alarm that it raised is not settled",
        "%(n)d alarms that it raised are not settled",
        version["open"],
    ) % {"n": version["open"]}
    out_of_force = ngettext(
        "%(n)d approval when another version was in force already",
        "%(n)d approvals when another version was in force already",
        version["out_of_force"],
    ) % {"n": version["out_of_force"]}
    return joined([unsettled if version["open"] else "", out_of_force if version["out_of_force"] else ""])


VERSIONS: Final = Report(
    code="versions",
    icon="scale",
    title=gettext_lazy("Approvals by policy version"),
    shows=gettext_lazy(
        "What was approved under each version of the rules, how much of it went live, how often warnings "
        "were acknowledged, and what a later version blocked when it was published. Look for versions under "
        "which warnings became a habit, and for alarms that nobody settled."
    ),
    nothing=gettext_lazy("Nothing was approved in these days."),
    columns=(
        Column("number", gettext_lazy("Policy version"), Kind.NUMBER),
        Column("published_at", gettext_lazy("In force since"), Kind.INSTANT),
        Column("published_by", gettext_lazy("Published by")),
        Column("approved", gettext_lazy("Approved"), Kind.NUMBER, is_summed=True),
        Column("endorsed", gettext_lazy("First approvals of several"), Kind.NUMBER, is_summed=True),
        Column("live", gettext_lazy("Of these, went live"), Kind.NUMBER, is_summed=True),
        Column("warned", gettext_lazy("With warnings acknowledged"), Kind.NUMBER, is_summed=True),
        Column("share", gettext_lazy("Share with warnings"), Kind.PERCENT),
        Column("alarmed", gettext_lazy("Blocked by later rules"), Kind.NUMBER, is_summed=True),
        Column("raised", gettext_lazy("Alarms it raised"), Kind.NUMBER, is_summed=True),
        Column("open", gettext_lazy("Of these, not settled"), Kind.NUMBER, is_summed=True),
    ),
    rows=_rows,
    order="-number",
)
