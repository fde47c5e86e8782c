"""What became of it all, asked in SQL and read off the mail that arrived; the desk's code is not asked.

Only the history is verified by the desk's own command and, from an export, by the auditor's verifier.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid5

from promoflow.machine.environment import ROOT
from tests.crash.desk import Desk
from tests.crash.people import Deed, Ledger

# As the outbox names its mails; written down again, since a judge takes no word from the accused.
_NAMESPACE = UUID("6f0d3c1e-6d0b-5d0e-9c57-0f6d1a1f7f52")

# The clock's work that is due and not done, and the messages that are owed.
_UNDONE = """
SELECT 'to end or expire', count(*) FROM promotions_promotionrequest q
    JOIN promotions_revision r ON r.id = q.current_id
    WHERE q.state = 'live' AND r.ends_at <= now()
        OR q.state = 'approved' AND r.ends_at <= now()
        OR q.state = 'in_review' AND r.title LIKE 'Undecided%' AND r.starts_at - interval '1 hour' <= now()
UNION ALL
SELECT 'to remind', count(*) FROM promotions_activation a
    WHERE a.verified_at IS NULL AND a.live_at + interval '1 hour' <= now() AND NOT EXISTS (
        SELECT FROM outbox_message m WHERE m.notice = 'request_not_verified' AND m.subject_id = a.request_id)
UNION ALL
SELECT 'messages', count(*) FROM outbox_message WHERE outcome = ''
"""

# What ran out of time, when that was due, and what came of it.
_CLOCK = """
SELECT split_part(r.title, ' ', 1) AS what, q.state, 'PR-' || q.id,
    CASE split_part(r.title, ' ', 1)
        WHEN 'Undecided' THEN r.starts_at - interval '1 hour'
        WHEN 'Unverified' THEN (
            SELECT a.live_at + interval '1 hour' FROM promotions_activation a WHERE a.request_id = q.id)
        ELSE r.ends_at END,
    moves.number, moves.at, reminders.number, reminders.at
FROM promotions_promotionrequest q JOIN promotions_revision r ON r.id = q.current_id,
    LATERAL (
        SELECT count(*) AS number, min(e.at) AS at FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = q.id
            AND e.event IN ('request.ended', 'request.expired')) moves,
    LATERAL (
        SELECT count(DISTINCT m.key) AS number, min(m.owed) AS at FROM outbox_message m
        WHERE m.subject_type = 'promotions.promotionrequest' AND m.subject_id = q.id
            AND m.notice = 'request_not_verified') reminders
WHERE r.title NOT LIKE 'Draft%'
"""

# Rows that do not support the state they are in, and moves that the history tells otherwise.
_FALSE = """
SELECT 'PR-' || q.id || ' is ' || q.state || ' without its rows' FROM promotions_promotionrequest q WHERE
    q.state IN ('approved', 'live') AND NOT EXISTS (
        SELECT FROM promotions_decision d
        WHERE d.revision_id = q.current_id AND d.verdict = 'approve' AND d.valid)
    OR q.state IN ('approved', 'live') AND NOT EXISTS (
        SELECT FROM promotions_reservation r WHERE r.request_id = q.id AND r.held)
    OR q.state IN ('rejected', 'cancelled', 'draft', 'in_review') AND EXISTS (
        SELECT FROM promotions_reservation r WHERE r.request_id = q.id AND r.held)
    OR (q.state IN ('live', 'ended')) <> EXISTS (
        SELECT FROM promotions_activation a WHERE a.request_id = q.id)
    OR q.state = 'draft' AND q.submitted_at IS NOT NULL
UNION ALL
SELECT 'PR-' || q.id || ' made ' || q.step || ' steps, its entries say ' || coalesce(array_agg(e.step
        ORDER BY e.step)::text, 'none')
    FROM promotions_promotionrequest q
    LEFT JOIN audit_entry e ON e.subject_type = 'promotions.promotionrequest' AND e.subject_id = q.id
        AND e.step IS NOT NULL AND e.outcome = 'done'
    GROUP BY q.id, q.step
    HAVING array_agg(e.step ORDER BY e.step) IS DISTINCT FROM
        (SELECT array_agg(n) FROM generate_series(1, q.step) n)
UNION ALL
SELECT 'PR-' || q.id || ' is ' || q.state || ', its last entry says ' || e.state_after
    FROM promotions_promotionrequest q
    JOIN audit_entry e ON e.subject_type = 'promotions.promotionrequest' AND e.subject_id = q.id
        AND e.step = q.step
    WHERE e.state_after <> q.state
UNION ALL
SELECT 'entry ' || e.id || ' has no place in the chain' FROM audit_entry e
    WHERE NOT EXISTS (SELECT FROM audit_link l WHERE l.entry_id = e.id)
UNION ALL
SELECT 'PR-' || a.request_id || ' went live ' || count(*) || ' times' FROM promotions_activation a
    GROUP BY a.request_id HAVING count(*) > 1
"""

# What each of these moves owes at least, and to how many; a submission to exactly the three supervisors.
_OWES = {
    "request.submitted": ("request_submitted", 3),
    "request.approved": ("request_approved", 1),
    "request.rejected": ("request_rejected", 1),
    "request.returned": ("request_returned", 1),
    "request.marked_live": ("request_live", 1),
    "request.stopped": ("request_stopped", 1),
    "request.expired": ("request_expired", 1),
}


@dataclass
class Findings:
    """What was lost, what happened twice, what is untrue; all three should be empty."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """By how many seconds each of the clock's deeds came after it was due."""
    figures: dict[str, object] = field(default_factory=dict)

    def count(self, what: str, found: int, *, wanted: int = 1) -> None:
        if found < wanted:
            self.lost.append(f"{what}: {found} of {wanted}")
        elif found > wanted:
            self.doubled.append(f"{what}: {found} instead of {wanted}")

    def report(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.figures.items()]
        for name in ("lost", "doubled", "untrue"):
            found = getattr(self, name)
            lines += [f"{name}: {len(found)}", *(f"    {one}" for one in found[:12])]
        return "\n".join(lines)


def undone(desk: Desk) -> dict[str, int]:
    """What is due by now and not done."""
    with desk.connect() as connection:
        return {what: number for what, number in connection.execute(_UNDONE) if number}


def judge(desk: Desk, ledger: Ledger) -> Findings:
    findings = Findings()
    with desk.connect() as connection:
        _the_ledger(findings, connection, ledger)
        _the_outages(findings, desk, ledger)
        _the_clock(findings, connection)
        findings.untrue += [sentence for (sentence,) in connection.execute(_FALSE)]
        _what_is_owed(findings, connection)
        _the_mail(findings, connection, desk.folder.path / "arrived")
    log = desk.postgres.log.read_text(errors="replace")
    findings.figures["refusals for want of room"] = log.count("No space left on device")
    findings.untrue += ledger.troubles
    return findings


# --- What people were told ------------------------------------------------------------------------------


def _the_ledger(findings: Findings, connection: Any, ledger: Ledger) -> None:
    """Every deed that was answered stands in the history as often as it was done: once."""
    done = [deed for deed in ledger.deeds if not deed.was_not_done]
    told = _entries(connection)
    for (event, subject), number in Counter(map(_place, done)).items():
        findings.count(f"{event} {subject}", told[event, subject], wanted=number)
    known = {_place(deed) for deed in done}
    people = {deed.person for deed in ledger.deeds}
    for (event, subject), (number, actor) in _told_of_people(connection).items():
        if actor in people and (event, subject) not in known and not _was_before(subject):
            findings.doubled.append(f"{event} {subject}: {number} that nobody did")
    findings.figures |= {
        "forms answered": len(done),
        "of these acknowledged": sum(deed.is_acknowledged for deed in done),
        "of these only at a later try": sum(deed.is_acknowledged and deed.unanswered > 0 for deed in done),
        "done before the refusal of a later try": sum(not deed.is_acknowledged for deed in done),
        "tries without an answer": sum(deed.unanswered for deed in ledger.deeds),
        "sent again after their answer": sum(deed.repeated for deed in ledger.deeds),
    }


def _the_outages(findings: Findings, desk: Desk, ledger: Ledger) -> None:
    for began, ended in desk.outages:
        answered = [
            deed for deed in ledger.deeds if deed.is_acknowledged and began < deed.answered_at < ended
        ]
        findings.figures[f"acknowledged in {ended - began:.0f} s without a broker"] = len(answered)


def _place(deed: Deed) -> tuple[str, str]:
    return deed.event, deed.subject


def _entries(connection: Any) -> Counter[tuple[str, str]]:
    """How often the history tells of each, by what the ledger calls it."""
    return Counter({key: number for key, (number, _actor) in _told_of_people(connection).items()})


def _told_of_people(connection: Any) -> dict[tuple[str, str], tuple[int, str]]:
    rows = connection.execute(
        """
        SELECT e.event, CASE e.event
                WHEN 'request.drafted' THEN r.title
                WHEN 'request.commented' THEN e.why
                WHEN 'request.copied' THEN e.after ->> 'copied_from'
                ELSE e.subject END AS called, count(*), min(e.actor_name)
        FROM audit_entry e
        JOIN promotions_promotionrequest q ON q.id = e.subject_id
        JOIN promotions_revision r ON r.request_id = q.id AND r.number = 1
        WHERE e.outcome = 'done' AND e.subject_type = 'promotions.promotionrequest' AND e.actor_id IS NOT NULL
            AND r.title LIKE 'Draft%'
        GROUP BY 1, 2
        """
    )
    return {(event, called): (number, actor) for event, called, number, actor in rows}


def _was_before(subject: str) -> bool:
    return not subject.startswith(("PR-", "Draft", "Remark"))


# --- What the clock had to do ---------------------------------------------------------------------------


def _the_clock(findings: Findings, connection: Any) -> None:
    """Each that ran out of time ended or expired once, and each that waits too long was told of once."""
    for what, state, reference, due, moved, moved_at, reminded, reminded_at in connection.execute(_CLOCK):
        done_at = reminded_at if what == "Unverified" else moved_at
        if done_at is not None:
            findings.late.append((done_at - due) / timedelta(seconds=1))
        if what == "Unverified":
            findings.count(f"{reference} reminded of the second look", reminded)
            continue
        findings.count(f"{reference} {what}", moved)
        if state not in ("ended", "cancelled"):
            findings.lost.append(f"{reference} {what}: still {state}")
    if findings.late:
        findings.figures["the clock came late by seconds, at the median and at most"] = (
            f"{median(findings.late):.1f}, {max(findings.late):.1f}"
        )


# --- Messages -------------------------------------------------------------------------------------------


def _what_is_owed(findings: Findings, connection: Any) -> None:
    rows = connection.execute(
        """
        SELECT e.event, e.subject, e.subject_id, e.step FROM audit_entry e
        WHERE e.outcome = 'done' AND e.event = ANY(%s)
        """,
        [list(_OWES)],
    ).fetchall()
    owed = Counter(
        key for (key,) in connection.execute("SELECT key FROM outbox_message WHERE recipient_id > 0")
    )
    for event, subject, pk, step in rows:
        notice, least = _OWES[event]
        number = owed[f"{notice}:{pk}:{step}"]
        if number < least:
            findings.lost.append(f"{event} of {subject} owes {notice}: {number} of {least} people")
    outcomes = dict(connection.execute("SELECT outcome, count(*) FROM outbox_message GROUP BY 1"))
    findings.untrue += [
        f"{number} messages are {outcome or 'owed'!r}"
        for outcome, number in outcomes.items()
        if outcome not in ("sent", "skipped")
    ]


def _the_mail(findings: Findings, connection: Any, arrived: Path) -> None:
    """Each message that counts as sent has arrived; a second copy bears the same name and says the same.

    One that was given up at a later attempt may have arrived: whoever sent it was killed before saying so,
    and meanwhile nobody waited for it any more.
    """
    bodies: dict[str, list[str]] = defaultdict(list)
    for number, body in _read(arrived):
        bodies[number].append(body)
    expected, possible = (
        {
            batch or str(uuid5(_NAMESPACE, f"{key}:{recipient}"))
            for key, recipient, batch in connection.execute(
                f"SELECT key, recipient_id, batch::text FROM outbox_message WHERE {which}"
            )
        }
        for which in ("outcome = 'sent'", "outcome = 'skipped' AND attempts > 1")
    )
    for number in expected - set(bodies):
        findings.lost.append(f"mail {number} counts as sent and never arrived")
    for number in set(bodies) - expected - possible:
        findings.doubled.append(f"mail {number} arrived and nothing owes it")
    for number, copies in bodies.items():
        if len(set(copies)) > 1:
            findings.untrue.append(f"mail {number} came {len(copies)} times and said different things")
    findings.figures |= {
        "messages sent": len(expected),
        "mails that arrived": sum(map(len, bodies.values())),
        "second copies, each under the same Message-ID": sum(len(copies) - 1 for copies in bodies.values()),
    }


def _read(arrived: Path) -> Iterable[tuple[str, str]]:
    """Message-ID and a digest of each mail, without the checkpoints that the auditor gets."""
    for file in arrived.glob("*.mail"):
        mail = message_from_bytes(file.read_bytes())
        if mail["To"] != "auditor@example.com":
            digest = hashlib.sha256(mail.get_payload(decode=True)).hexdigest()
            yield mail["Message-ID"].strip("<>").partition("@")[0], f"{mail['To']} {mail['Date']} {digest}"


# --- The history ----------------------------------------------------------------------------------------


def the_history(findings: Findings, desk: Desk) -> None:
    """The chain is whole, every note that was signed is of this very history, and the last covers its end."""
    said = desk.manage("verify_history")
    export = desk.folder.path / "export.jsonl"
    desk.manage("export_history", str(export))
    notes = desk.folder.path / "checkpoints"
    verifier = str(ROOT / "promoflow" / "audit" / "verifier.py")
    told = desk.run(verifier, str(export), "--key", str(notes / "key.pub"), "--checkpoints", str(notes))
    with desk.connect() as connection:
        [(end,)] = connection.execute("SELECT max(seq) FROM audit_link")
    signed = [int(note.stem) for note in sorted(notes.glob("*.note"))]
    if not signed or signed[-1] != end:
        findings.lost.append(f"the last checkpoint covers {signed[-1:]} of {end} entries")
    _the_auditors_mail(findings, desk, notes)
    findings.figures |= {"checkpoints": len(signed), "history": f"{said.splitlines()[0]} {told.strip()}"}


def _the_auditors_mail(findings: Findings, desk: Desk, notes: Path) -> None:
    """The second place has the last checkpoint too."""
    mails = [message_from_bytes(file.read_bytes()) for file in (desk.folder.path / "arrived").glob("*.mail")]
    sent = {mail.get_payload() for mail in mails if mail["To"] == "auditor@example.com"}
    last = max(notes.glob("*.note")).read_text()
    if not any(last.strip() in body for body in sent):
        findings.lost.append(
            f"the auditor's mailbox has no checkpoint like the folder's last; {len(sent)} others"
        )
