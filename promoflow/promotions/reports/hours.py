"""Changes outside office hours: by person and store, and one by one."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from promoflow.audit.events import EVENTS
from promoflow.audit.models import Entry
from promoflow.promotions import office
from promoflow.promotions.models import DECIDING
from promoflow.promotions.reports.frame import (
    ABOUT_REQUESTS,
    HUMANS,
    WHO_EXACTLY,
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

# What moves money, rules or power; at night these are worth a look each.
WEIGHTY: Final = [
    *DECIDING,
    *("request.marked_live", "request.alarm_settled", "policy.published"),
    *("role.granted", "role.revoked", "person.merged", "person.reactivated", "person.two_step_off"),
    *("product.price_changed", "product.floor_changed", "product.parent_changed"),
    "import.lowering_confirmed",
    *("store.changed", "store.hours_changed"),
]
# The same, where a file does it.
_PRICED: Final = "$ ? (@.price > 0 || @.floor > 0 || @.parent > 0)"
# To come and go changes nothing; what the database says of rows is no deed of its own.
_NO_DEEDS: Final = ["person.signed_in", "rows.changed"]

# Each deed beside the hours that its store held at that instant.
_DEEDS: Final = f"""
    {HUMANS},
    office AS (
        SELECT * FROM unnest(%(held)s::bigint[], %(held_since)s::timestamptz[], %(held_until)s::timestamptz[],
            %(zones)s::text[], %(days)s::text[], %(opens)s::time[], %(lasting)s::interval[])
            AS o (store, since, until, zone, days, opens, lasting)
    ),
    -- Materialised, so that each instant is brought to its office once.
    done AS MATERIALIZED (
        SELECT e.id, e.at, e.event, coalesce(e.store_id, 0) AS store, e.store_name, e.subject,
            e.subject_type, e.subject_id, u.person_id, u.id AS accounts, u.email, u.name AS who,
            o.zone, o.days, o.lasting,
            e.at AT TIME ZONE o.zone - o.opens AS moved,
            e.event = ANY(%(weighty)s)
                OR e.event = 'import.applied' AND e.after -> 'counts' @? %(priced)s AS weighty
        FROM audit_entry e
        JOIN office o ON o.store = coalesce(e.store_id, 0) AND e.at >= o.since AND e.at < o.until
        JOIN called u ON u.id = e.actor_id
        WHERE (e.store_id = ANY(%(stores)s) OR e.store_id IS NULL AND %(everywhere)s)
            AND e.at >= %(since)s AND e.at < %(until)s AND e.outcome = 'done'
            AND e.event <> ALL(%(no_deeds)s) AND (%(person)s::uuid IS NULL OR u.person_id = %(person)s)
    ),
    deed AS (
        -- As Office.is_open says it: midnight is moved to when it opens.
        SELECT *, NOT (position(extract(isodow FROM moved)::text IN days) > 0
            AND moved::time::interval < lasting) AS outside
        FROM done
    )
"""  # noqa: S608

_BY_PERSON: Final = f"""
    WITH {_DEEDS}
    SELECT h.account, h.name AS who, h.email, h.accounts, d.store, coalesce(s.name, '') AS store_name,
        d.deeds, d.outside, d.weighty, d.last_at
    FROM (
        SELECT person_id, store, count(*) AS deeds, count(*) FILTER (WHERE outside) AS outside,
            count(*) FILTER (WHERE outside AND weighty) AS weighty, max(at) FILTER (WHERE outside) AS last_at
        FROM deed GROUP BY person_id, store HAVING bool_or(outside)
    ) d
    JOIN human h ON h.person_id = d.person_id
    LEFT JOIN catalog_store s ON s.id = d.store
"""  # noqa: S608

_ONE_BY_ONE: Final = f"""
    WITH {_DEEDS}
    SELECT id, at, zone, event, store_name,
        subject, subject_type, subject_id, who, email, accounts, weighty
    FROM deed WHERE outside
"""  # noqa: S608


def _found(sql: str, question: Question) -> Iterator[dict[str, Any]]:
    held = office.held(question.stores, zone=question.zone)
    return ask(
        sql,
        question,
        weighty=WEIGHTY,
        priced=_PRICED,
        no_deeds=_NO_DEEDS,
        held=[each.store for each in held],
        held_since=[each.since for each in held],
        held_until=[each.until for each in held],
        zones=[each.office.zone for each in held],
        days=["".join(map(str, each.office.days)) for each in held],
        opens=[each.office.opens for each in held],
        lasting=[each.office.lasting for each in held],
    )


def _rows(question: Question) -> Iterator[Row]:
    for row in _found(_BY_PERSON, question):
        kept = {**question.kept, "person": row["account"], "store": row["store"]}
        deeds = Link("report", ("deeds",), kept)
        heavy = ngettext(
            "%(n)d of them decided, set prices or gave power",
            "%(n)d of them decided, set prices or gave power",
            row["weighty"],
        ) % {"n": row["weighty"]}
        yield Row(
            values={**row, "share": share(row["outside"], row["deeds"])},
            links={
                "who": Link("person", (row["account"],)),
                "outside": deeds,
                "weighty": deeds,
                **_in_all(row, kept),
            },
            flags=joined([heavy if row["weighty"] else ""]),
        )


def _in_all(row: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Link]:
    """To the history only where its filter says the same: it knows single accounts, and no "no store"."""
    if row["store"] == office.NOWHERE or row["accounts"] != str(row["account"]):
        return {}
    return {"deeds": Link("history", (), {**kept, "outcome": Entry.Outcome.DONE})}


HOURS: Final = Report(
    code="hours",
    icon="clock",
    title=gettext_lazy("Changes outside office hours"),
    shows=gettext_lazy(
        "What people did outside of the hours that the store held at that time, set on the store's page; "
        "signing in alone does not count. What belongs to no store is measured by the usual hours, Monday to "
        "Friday from 9:00 to 19:00, in your own zone. Look for decisions, prices and roles that were changed "
        "while nobody was there to see it."
    ),
    nothing=gettext_lazy("Nobody changed anything outside of office hours in these days."),
    columns=(
        Column("who", gettext_lazy("Person")),
        Column("store_name", gettext_lazy("Store")),
        Column("deeds", gettext_lazy("Changes in all"), Kind.NUMBER, is_summed=True),
        Column("outside", gettext_lazy("Outside office hours"), Kind.NUMBER, is_summed=True),
        Column("share", gettext_lazy("Share"), Kind.PERCENT),
        Column("weighty", gettext_lazy("Decisions, prices, power"), Kind.NUMBER, is_summed=True),
        Column("last_at", gettext_lazy("Last one"), Kind.INSTANT),
        *WHO_EXACTLY,
    ),
    rows=_rows,
    order="-outside",
    asks=("person", "nowhere"),
)


def _each(question: Question) -> Iterator[Row]:
    weighty = _("A decision, a price or power")
    words = {code: str(event.sentence) for code, event in EVENTS.items()}
    for row in _found(_ONE_BY_ONE, question):
        about = row["subject_type"] == ABOUT_REQUESTS
        yield Row(
            values={
                **row,
                "there": row["at"].astimezone(ZoneInfo(row["zone"])),
                "event": words.get(row["event"], row["event"]),
            },
            links={
                "at": Link("history-entry", (row["id"],)),
                **({"subject": Link("request", (row["subject"],))} if about else {}),
            },
            flags=joined([weighty if row["weighty"] else ""]),
        )


DEEDS: Final = Report(
    code="deeds",
    icon="moon",
    title=gettext_lazy("Changes outside office hours, one by one"),
    shows=gettext_lazy(
        "Each change outside of the hours that the store held at that time, with what the clock of its "
        "office showed."
    ),
    nothing=gettext_lazy("Nobody changed anything outside of office hours in these days."),
    columns=(
        Column("at", gettext_lazy("When"), Kind.INSTANT),
        Column("there", gettext_lazy("At the office"), Kind.CLOCK),
        Column("who", gettext_lazy("Who")),
        Column("event", pgettext_lazy("report", "What"), is_sentence=True),
        Column("subject", gettext_lazy("On what")),
        Column("store_name", gettext_lazy("Store")),
        *WHO_EXACTLY,
    ),
    rows=_each,
    order="-at",
    asks=("person", "nowhere"),
)
