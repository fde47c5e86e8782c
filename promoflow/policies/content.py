"""The rules' body as values that people change, each found by its path, and the body that they make."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rfc8785
from django.utils.translation import gettext as _

from promoflow.rulebook import policy

# What a rule says of itself beside its values. A pair gives its reason under another name than the rest.
ABOUT: Final = frozenset({"source", "sure", "why", "reason"})
HOUSE: Final[Mapping[str, str]] = {"source": "house", "sure": "H"}
"""Where a rule comes from that a manager set, and how sure it is."""
TO_THE_END: Final = "to-the-end"

_NO_RULES: Final = frozenset({"legend", "sources", "pairs", "blackouts"})
# Rules that a version may do without; nothing is said by None. "other" stands for every other currency.
_OPTIONAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "exposure.warn_above": {"amounts": {"other": None}},
    "splitting.within_days": {"value": None},
    "splitting.percent": {"value": None},
    "routing.two_from_percent": {"value": None},
    "routing.two_above": {"amounts": {"other": None}},
    "routing.two_unbounded_from_percent": {"value": None},
    "routing.managers_from_percent": {"value": None},
    "routing.retype_from_products": {"value": None},
    "after_effects.days": {"value": None},
}

# The clock and the checker look this far around an instant for what might touch it, and no farther.
_MOST: Final = ((".danger.", 168), (".decide_hours", 72), ("percent.", 100))
_MOST_OF_ANYTHING: Final = 10_000_000

Values = dict[str, Any]


def encode(body: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785): the same rules are the same bytes."""
    return rfc8785.dumps(dict(body))


def decode(body: bytes | memoryview) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(bytes(body))
    return decoded


# --- Reading ------------------------------------------------------------------------------------------------


def rules(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every rule that says where it comes from, by its path; those that the version lacks say nothing."""
    found = dict(_rules({name: part for name, part in body.items() if name not in _NO_RULES}))
    return found | {path: rule for path, rule in _OPTIONAL.items() if path not in found}


def _rules(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, child in node.items():
        here = f"{path}.{name}" if path else name
        if isinstance(child, Mapping):
            yield from [(here, child)] if "source" in child else _rules(child, here)


def members(rule: Mapping[str, Any]) -> Values:
    """The values of a rule by name; an amount by its currency."""
    found: Values = {}
    for name, value in rule.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": amount for key, amount in value.items()}
        elif name not in ABOUT:
            found[name] = value
    return found


def pairs(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What happens when two kinds meet, by the path of the pair."""
    return {pair_path(*row["kinds"]): row for row in body["pairs"]}


def pair_path(a: str, b: str) -> str:
    return ".".join(("pairs", *sorted((a, b))))


def blackouts(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in body.get("blackouts", ())]


def values(body: Mapping[str, Any]) -> Values:
    """Everything that people set, by path; the blackouts are rows of their own."""
    found = {path: row["verdict"] for path, row in pairs(body).items()}
    for path, rule in rules(body).items():
        found |= {f"{path}.{name}": value for name, value in members(rule).items()}
    return found


def is_optional(path: str) -> bool:
    """Whether a version may do without this rule or this value of it."""
    return any(path == rule or path.startswith(f"{rule}.") for rule in _OPTIONAL)


def about(row: Mapping[str, Any]) -> str:
    """Why a rule or a pair is as it is."""
    return str(row.get("why") or row.get("reason") or "")


def most(path: str) -> int:
    """The greatest number that makes sense at a path."""
    return next((bound for part, bound in _MOST if part in path), _MOST_OF_ANYTHING)


# --- Writing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What somebody would have the rules say: values and reasons by path, the blackouts, and a summary."""

    values: Mapping[str, Any]
    whys: Mapping[str, str]
    blackouts: Sequence[Mapping[str, Any]]
    summary: str


def compose(base: Mapping[str, Any], proposal: Proposal, *, number: int) -> dict[str, Any]:
    """The base with what the proposal changes; whatever differs is from then on set by the house."""
    body = copy(base, number=number) | {"summary": proposal.summary}
    body["pairs"] = [_pair(row, proposal) for row in base["pairs"]]
    for path, rule in rules(base).items():
        _put(body, path, _rule(path, rule, proposal))
    body.pop("blackouts", None)
    if proposal.blackouts or "blackouts" in base:
        body["blackouts"] = [dict(row) for row in proposal.blackouts]
    return body


def copy(base: Mapping[str, Any], *, number: int) -> dict[str, Any]:
    """What a draft begins with: the rules in force, and nothing said about what changes."""
    body: dict[str, Any] = json.loads(json.dumps(dict(base)))
    body.setdefault("legend", {}).setdefault("sure", {}).setdefault(HOUSE["sure"], "set by the house")
    return body | {"version": number, "summary": ""}


def _pair(row: Mapping[str, Any], proposal: Proposal) -> dict[str, Any]:
    path = pair_path(*row["kinds"])
    verdict, why = proposal.values[path], proposal.whys.get(path, "")
    if verdict == row["verdict"] and why in ("", about(row)):
        return dict(row)
    return {"kinds": row["kinds"], "verdict": verdict, **HOUSE} | ({"reason": why} if why else {})


def _rule(path: str, rule: Mapping[str, Any], proposal: Proposal) -> dict[str, Any] | None:
    """The rule as proposed: the base's own where nothing differs; none where an optional one says nothing."""
    start = f"{path}."
    said = {key.removeprefix(start): value for key, value in proposal.values.items() if key.startswith(start)}
    said = {
        name: value for name, value in said.items() if not (name.startswith("amounts.") and value is None)
    }
    was, why = members(rule), proposal.whys.get(path, "")
    if path in _OPTIONAL and not any(value is not None for value in said.values()):
        return None
    if {**was, **_nothing(said, was)} == {**said, **_nothing(was, said)} and why in ("", about(rule)):
        return dict(rule)
    return {**_nested(said), **HOUSE} | ({"why": why} if why else {})


def _nothing(there: Mapping[str, Any], here: Mapping[str, Any]) -> Values:
    """None for each name that only one of the two knows."""
    return {name: None for name in there if name not in here}


def _nested(said: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in said.items() if not name.startswith("amounts.")}
    amounts = {
        name.removeprefix("amounts."): value for name, value in said.items() if name.startswith("amounts.")
    }
    return plain | ({"amounts": amounts} if amounts or not plain else {})


def _put(body: dict[str, Any], path: str, rule: Mapping[str, Any] | None) -> None:
    part, _dot, rest = path.partition(".")
    if rest:
        below = body.setdefault(part, {})
        _put(below, rest, rule)
        rule = below or None
    if rule is None:
        body.pop(part, None)
    else:
        body[part] = rule


# --- What is wrong with it ----------------------------------------------------------------------------------


def problems(body: Mapping[str, Any]) -> dict[str, str]:
    """What keeps these rules from being rules, by path; "" where it belongs to none."""
    found = dict(_out_of_bounds(body)) | dict(_upside_down(body))
    try:
        policy.read(body)
    except (ValueError, KeyError, TypeError, AttributeError) as trouble:
        found = found or {_path_in(str(trouble), body): _("This cannot be: %(what)s.") % {"what": trouble}}
    return found


def _out_of_bounds(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, value in values(body).items():
        if isinstance(value, int) and not 0 <= value <= most(path):
            yield path, _("Between 0 and %(most)d.") % {"most": most(path)}


def _upside_down(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, rule in rules(body).items():
        least, greatest = rule.get("least"), rule.get("most")
        if least is not None and greatest is not None and least > greatest:
            yield f"{path}.most", _("Not below %(least)d, which is the least.") % {"least": least}


def _path_in(text: str, body: Mapping[str, Any]) -> str:
    """The path that a sentence of the rulebook names."""
    words = {word.rstrip(".") for word in re.findall(r"[\w.]+", text)}
    named = [path for path in values(body) if path in words]
    parts = [path for path in values(body) if any("." in word and path.startswith(word) for word in words)]
    return next(iter([*named, *parts]), "")
