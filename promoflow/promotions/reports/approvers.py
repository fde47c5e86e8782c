"""Who approves whom: each author beside each approver, with how long the page was open."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from promoflow.promotions.reports.frame import (
    HUMANS,
    Column,
    Kind,
    Link,
    Question,
    Report,
    Row,
    ask,
    joined,
    share,
)

# Fewer approvals than this are no habit.
MANY: Final = 3

# Authors are all who wrote, edited or submitted a request before it was approved, as humans, whatever account
# they used; so one approval counts for each of its authors. Who submitted what was then returned, and
# submitted again by somebody else, may approve it, as permissions count it: that submission stands no more.
APPROVALS: Final = f"""
    {HUMANS},
    approval AS (
        SELECT e.id, e.at, e.event, e.store_id, e.store_name, e.subject, e.subject_id, e.actor_id, e.after,
            e.why, e.revision_digest, u.person_id AS approver,
            extract(epoch FROM e.at - (e.after ->> 'opened_at')::timestamptz)::float8 AS seconds
        FROM audit_entry e JOIN accounts_user u ON u.id = e.actor_id
        WHERE e.store_id = ANY(%(stores)s) AND e.event = ANY(%(approving)s) AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s
    ),
    wrote AS (
        SELECT DISTINCT a.id, u.person_id AS author
        FROM approval a
        JOIN audit_entry w ON w.subject_type = %(about_requests)s AND w.subject_id = a.subject_id
            AND w.id < a.id AND w.event = ANY(%(writing)s) AND w.outcome = 'done'
        JOIN accounts_user u ON u.id = w.actor_id
        WHERE w.event <> 'request.submitted' OR NOT EXISTS (
            SELECT FROM audit_entry later
            WHERE later.subject_type = w.subject_type AND later.subject_id = w.subject_id
                AND later.event = w.event AND later.outcome = 'done'
                AND later.id > w.id AND later.id < a.id
        )
    )
"""  # noqa: S608

_PAIRS: Final = f"""
    WITH {APPROVALS},
    pair AS (
        SELECT w.author, a.approver, count(*) AS approvals, count(a.seconds) AS timed,
            sum(count(*)) OVER (PARTITION BY w.author)::bigint AS of_author,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY a.seconds) AS median, min(a.seconds) AS shortest,
            count(*) FILTER (WHERE a.seconds < %(seconds)s) AS quick
        FROM approval a JOIN wrote w ON w.id = a.id
        GROUP BY w.author, a.approver
    )
    SELECT p.*, wrote.name AS author_name, wrote.account AS author_account,
        wrote.email AS author_email, wrote.accounts AS author_accounts,
        approved.name AS approver_name, approved.account AS approver_account,
        approved.email AS approver_email, approved.accounts AS approver_accounts
    FROM pair p
    JOIN human wrote ON wrote.person_id = p.author
    JOIN human approved ON approved.person_id = p.approver
    WHERE %(person)s::uuid IS NULL OR %(person)s IN (p.author, p.approver)
"""  # noqa: S608


# A file tells them apart whatever they are called.
_WHOSE: Final = {
    "author_email": pgettext_lazy("report", "Wrote: email"),
    "author_accounts": pgettext_lazy("report", "Wrote: account number"),
    "approver_email": pgettext_lazy("report", "Approved: email"),
    "approver_accounts": pgettext_lazy("report", "Approved: account number"),
}


def _rows(question: Question) -> Iterator[Row]:
    pairs = list(ask(_PAIRS, question))
    counts = {(pair["author"], pair["approver"]): pair["approvals"] for pair in pairs}
    for pair in pairs:
        behind = {
            **question.kept,
            "author": pair["author_account"],
            "approver": pair["approver_account"],
            "seconds": question.seconds,
        }
        one_by_one = Link("report", ("approvals",), behind)
        yield Row(
            values={
                **{key: pair[key] for key in _WHOSE},
                "author": pair["author_name"],
                "approver": pair["approver_name"],
                "approvals": pair["approvals"],
                "share": share(pair["approvals"], pair["of_author"]),
                "median": pair["median"],
                "shortest": pair["shortest"],
                "quick": pair["quick"],
                "unknown": pair["approvals"] - pair["timed"],
            },
            links=dict.fromkeys(("approvals", "shortest", "quick", "unknown"), one_by_one),
            flags=_flags(pair, counts.get((pair["approver"], pair["author"]), 0), question),
        )


def _flags(pair: Mapping[str, Any], back: int, question: Question) -> tuple[str, ...]:
    names = {"author": pair["author_name"], "approver": pair["approver_name"], "n": pair["approvals"]}
    own = pair["author"] == pair["approver"]
    mutual = back >= MANY and pair["approvals"] >= MANY and not own
    always = pair["approvals"] == pair["of_author"] and pair["approvals"] >= MANY
    quick = ngettext(
        "%(n)d approval within %(seconds)d seconds of opening the page",
        "%(n)d approvals within %(seconds)d seconds of opening the page",
        pair["quick"],
    ) % {"n": pair["quick"], "seconds": question.seconds}
    return joined(
        [
            _("Approved what they wrote themselves") if own else "",
            _("They approve each other: %(n)d this way, %(back)d the other way") % {**names, "back": back}
            if mutual
            else "",
            _("All %(n)d approvals of what %(author)s wrote are %(approver)s's") % names if always else "",
            quick if pair["quick"] else "",
        ]
    )


APPROVERS: Final = Report(
    code="approvers",
    icon="users",
    title=gettext_lazy("Who approves whom"),
    shows=gettext_lazy(
        "Every author beside every person who approved what they wrote, edited or submitted; two accounts of "
        "one human count as one, and a request of two authors counts for both. Look for two who approve each "
        "other, for one person who approves all that somebody writes, and for approvals that came faster "
        "than anybody reads."
    ),
    nothing=gettext_lazy("Nothing was approved in these days."),
    columns=(
        Column("author", pgettext_lazy("report", "Wrote")),
        Column("approver", pgettext_lazy("report", "Approved")),
        Column("approvals", gettext_lazy("Approvals"), Kind.NUMBER, is_summed=True),
        Column("share", gettext_lazy("Of all of the author's"), Kind.PERCENT),
        Column("median", gettext_lazy("Page open, median"), Kind.SECONDS),
        Column("shortest", gettext_lazy("Page open, shortest"), Kind.SECONDS),
        Column("quick", gettext_lazy("Quick ones"), Kind.NUMBER, is_summed=True),
        Column("unknown", gettext_lazy("Time not known"), Kind.NUMBER, is_summed=True),
        *(Column(key, title, is_for_machines=True) for key, title in _WHOSE.items()),
    ),
    rows=_rows,
    order="-approvals",
    asks=("person", "seconds"),
)


# --- The same, one by one -------------------------------------------------------------------------------

_ONE_BY_ONE: Final = f"""
    WITH {APPROVALS},
    authors AS (
        SELECT w.id, array_agg(w.author) AS humans, string_agg(h.name, ', ' ORDER BY h.name) AS names,
            string_agg(h.email, ', ' ORDER BY h.name) AS emails,
            string_agg(h.accounts, ', ' ORDER BY h.name) AS accounts
        FROM wrote w JOIN human h ON h.person_id = w.author GROUP BY w.id
    )
    SELECT a.id, a.at, a.event, a.store_name, a.subject, a.why, a.seconds, o.names AS authors,
        h.name AS approver, h.email AS approver_email, h.accounts AS approver_accounts,
        o.emails AS author_email, o.accounts AS author_accounts, (a.after ->> 'policy')::int AS policy,
        jsonb_array_length(coalesce(a.after -> 'acknowledged', '[]')) AS acknowledged,
        a.approver = ANY(o.humans) AS own
    FROM approval a
    JOIN human h ON h.person_id = a.approver
    LEFT JOIN authors o ON o.id = a.id
    WHERE (%(author)s::uuid IS NULL OR %(author)s = ANY(o.humans))
        AND (%(approver)s::uuid IS NULL OR %(approver)s = a.approver)
        AND (%(policy)s::int IS NULL OR %(policy)s = (a.after ->> 'policy')::int)
        AND (NOT %(acknowledged)s OR jsonb_array_length(coalesce(a.after -> 'acknowledged', '[]')) > 0)
"""  # noqa: S608


def _each(question: Question) -> Iterator[Row]:
    quick = _("Within %(seconds)d seconds of opening the page") % {"seconds": question.seconds}
    own, further = _("Approved what they wrote themselves"), _("First of several")
    words: dict[str, str] = defaultdict(str, {"request.endorsed": further})
    for row in ask(_ONE_BY_ONE, question):
        entry = Link("history-entry", (row["id"],))
        is_quick = row["seconds"] is not None and row["seconds"] < question.seconds
        yield Row(
            values={**row, "step": words[row["event"]]},
            links={
                "at": entry,
                "subject": Link("request", (row["subject"],)),
                **({"policy": Link("policy", (row["policy"],))} if row["policy"] else {}),
            },
            flags=joined([own if row["own"] else "", quick if is_quick else ""]),
        )


APPROVALS_ONE_BY_ONE: Final = Report(
    code="approvals",
    icon="circle-check",
    title=gettext_lazy("Approvals one by one"),
    shows=gettext_lazy(
        "Each approval with its authors, how long its page was open, and the warnings that were "
        "acknowledged. “Unknown” means that the page did not say when it was opened: the approval is older "
        "than this report, or somebody tampered with the page. An open page is not yet a read one."
    ),
    nothing=gettext_lazy("No approval of these days is like this."),
    columns=(
        Column("at", gettext_lazy("When"), Kind.INSTANT),
        Column("subject", gettext_lazy("Request")),
        Column("store_name", gettext_lazy("Store")),
        Column("authors", pgettext_lazy("report", "Wrote")),
        Column("approver", pgettext_lazy("report", "Approved")),
        Column("seconds", gettext_lazy("Page open"), Kind.SECONDS),
        Column("acknowledged", gettext_lazy("Warnings acknowledged"), Kind.NUMBER, is_summed=True),
        Column("policy", gettext_lazy("Policy version"), Kind.NUMBER),
        Column("step", gettext_lazy("Of several"), is_sentence=True),
        Column("why", gettext_lazy("Note"), is_sentence=True),
        *(Column(key, title, is_for_machines=True) for key, title in _WHOSE.items()),
    ),
    rows=_each,
    order="-at",
    asks=("author", "approver", "policy", "acknowledged", "seconds"),
)
