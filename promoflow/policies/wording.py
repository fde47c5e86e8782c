"""The rules in words: what each is called, what its values say, and how two versions differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from promoflow import phrases
from promoflow.policies import content
from promoflow.rulebook.kinds import KINDS
from promoflow.templatetags.desk import NOTHING, kind_word

Names = Mapping[str, str | Promise]

VERDICTS: Final[Names] = {"block": _("Block"), "warn": _("Warn"), "may-meet": _("May meet")}
MEANINGS: Final[Names] = {
    "block": _("never on one product at the same time"),
    "warn": _("only with the operator's reason, acknowledged by the supervisor"),
    "may-meet": _("allowed, and the sum of the prices is checked"),
}
SURE: Final[Names] = {
    "A": _("Amazon's own text, or a mirror of it"),
    "T": _("told by a third party"),
    "F": _("from the field: somebody lived through it"),
    "U": _("unverified: the safe guess"),
    "H": _("set by the house"),
}

RULES: Final[Names] = {
    "floor.default_percent": _("Floor of a product for which nobody has set one, in percent of its price"),
    "going_live.late_mark_hours": _("Hours after its start in which a promotion may still be marked live"),
    "going_live.verify_within_minutes": _("Minutes within which the second look is due"),
    "exposure.warn_above": _("Warn where a promotion could cost more than"),
    "splitting.within_days": _("Days within which several requests for a product count together"),
    "splitting.percent": _("Percent off, all together, from which they are warned of"),
    "routing.two_from_percent": _("Percent off at worst from which two people approve"),
    "routing.two_above": _("Two people approve what could cost more than"),
    "routing.two_unbounded_from_percent": _(
        "Percent off at worst from which two people approve what nothing ends"
    ),
    "routing.managers_from_percent": _("Percent off at worst from which managers of the store approve"),
    "routing.retype_from_products": _("Chosen products from which the approver types one of the ASINs anew"),
    "after_effects.days": _("Days for which a deal may lower the price that later deals are measured by"),
    "decide_hours_before_start": _("Hours before its start by which to decide"),
    "danger.hours_before": _("Hours for which it may start early"),
    "danger.hours_after": _("Hours for which it may outlast its end"),
    "danger.hours_after_stop": _("Hours for which it may outlast being stopped"),
    "limits.percent": _("Discount in percent"),
    "limits.duration_hours": _("Length in hours"),
    "limits.days_ahead": _("Days ahead of its start"),
    "limits.chosen_products": _("Chosen products"),
    "limits.chosen_parents": _("Chosen parents"),
    "limits.covered_products": _("Products with their variations"),
    "limits.title_length": _("Characters in the title"),
    "limits.claim_code_length": _("Characters in the claim code"),
    "limits.least_budget": _("Least budget"),
}
MEMBERS: Final[Names] = {"least": _("at least"), "most": _("at most"), "amounts.other": _("elsewhere")}


def kind_of(path: str) -> str:
    """The code of the kind that a rule is about; "" where it is about all of them."""
    return path.split(".")[1] if path.startswith("kinds.") else ""


def _within(path: str) -> str:
    """The path of a rule among those of its kind."""
    return path.split(".", 2)[2] if kind_of(path) else path


def rule_name(path: str) -> str:
    """What a rule is called among those of its kind."""
    within = _within(path)
    return str(RULES.get(within, within.replace("_", " ").replace(".", ", ")))


def in_order(paths: Iterable[str]) -> list[str]:
    """Rules as people read them: those of all kinds, then kind by kind, times before limits."""
    known = list(RULES)

    def place(path: str) -> tuple[int, int, str]:
        within = _within(path)
        kind = list(KINDS).index(kind_of(path)) + 1 if kind_of(path) in KINDS else 0
        return (kind, known.index(within) if within in known else len(known), path)

    return sorted(paths, key=place)


def member_name(member: str) -> str:
    """What a value is called within its rule; "" where the rule has but one."""
    if member == "value":
        return ""
    return str(MEMBERS.get(member, member.removeprefix("amounts.")))


def pair_name(path: str) -> str:
    one, other = sorted(path.split(".")[1:], key=list(KINDS).index)
    return gettext("%(one)s and %(other)s") % {"one": kind_word(one), "other": kind_word(other)}


def value_text(value: Any) -> str:
    if value is None:
        return NOTHING
    if value == content.TO_THE_END:
        return gettext("to its original end")
    if value in VERDICTS:
        return str(VERDICTS[value])
    return number_format(value, force_grouping=True) if isinstance(value, int) else str(value)


def name(path: str) -> str:
    """A rule or a value with all that it is about: "Coupon; Discount in percent; at most"."""
    if path.startswith("pairs."):
        return pair_name(path)
    rule = _rule_of(path)
    member = path.removeprefix(rule).removeprefix(".")
    words = [kind_word(kind_of(path)) if kind_of(path) else "", rule_name(rule), member_name(member)]
    return phrases.in_a_line(words)


def _rule_of(path: str) -> str:
    """The rule that a value belongs to: the longest beginning of its path that has a name."""
    parts = path.split(".")
    starts = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    known = (start for start in starts if start in RULES or start.split(".", 2)[-1] in RULES)
    return next(known, path.rpartition(".")[0])


def said_by(rule: Mapping[str, Any]) -> str:
    """All the values of a rule on one line: "at least 5, at most 50"."""
    parts = [
        " ".join(part for part in (member_name(name), value_text(value)) if part)
        for name, value in content.members(rule).items()
        if value is not None
    ]
    return phrases.listed(parts) or NOTHING


def times_of(body: Mapping[str, Any], kind: str) -> str:
    """When a kind is to be decided on and how far its danger reaches, on one line."""
    rules = body["kinds"][kind]
    danger = rules["danger"]
    stop = danger["hours_after_stop"]["value"]
    return gettext(
        "decide %(decide)s h before; dangerous %(before)s h before to %(after)s h after; stopped: %(stop)s"
    ) % {
        "decide": rules["decide_hours_before_start"]["value"],
        "before": danger["hours_before"]["value"],
        "after": danger["hours_after"]["value"],
        "stop": value_text(stop) if stop == content.TO_THE_END else gettext("%(hours)s h") % {"hours": stop},
    }


def blackout_text(row: Mapping[str, Any]) -> str:
    """A blackout on one line."""
    return gettext("%(first)s – %(last)s: %(verdict)s for %(kinds)s") % {
        "first": row["first_day"],
        "last": row["last_day"],
        "verdict": value_text(row["verdict"]),
        "kinds": phrases.listed(kind_word(kind) for kind in row["kinds"]),
    }


@dataclass(frozen=True)
class Change:
    """A value that differs between two versions; as text one line."""

    field: str
    name: str
    before: Any
    after: Any
    was: str
    now: str

    def __str__(self) -> str:
        return gettext("%(name)s: %(before)s → %(after)s") % {
            "name": self.name,
            "before": self.was,
            "after": self.now,
        }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What the later body says otherwise: pairs, then numbers, then blackouts."""
    was, now = content.values(before), content.values(after)
    return [
        *(
            Change(path, name(path), earlier, later, value_text(earlier), value_text(later))
            for path in _as_listed({*now, *was})
            if (earlier := was.get(path)) != (later := now.get(path))
        ),
        *_blackouts(before, after),
    ]


def _as_listed(paths: Iterable[str]) -> list[str]:
    """Pairs, then the values of each rule in the order in which pages list the rules."""
    of_pairs = sorted(path for path in paths if path.startswith("pairs."))
    rules: dict[str, list[str]] = {}
    for path in sorted(path for path in paths if not path.startswith("pairs.")):
        rules.setdefault(_rule_of(path), []).append(path)
    return [*of_pairs, *(path for rule in in_order(rules) for path in rules[rule])]


def _blackouts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    was = {row["name"]: row for row in content.blackouts(before)}
    now = {row["name"]: row for row in content.blackouts(after)}
    return [
        Change(
            f"blackouts.{name}",
            gettext("Blackout %(name)s") % {"name": name},
            was.get(name),
            now.get(name),
            blackout_text(was[name]) if name in was else NOTHING,
            blackout_text(now[name]) if name in now else NOTHING,
        )
        for name in dict.fromkeys([*now, *was])
        if was.get(name) != now.get(name)
    ]
