"""A version of the rules as pages show it: the matrix, times and limits, thresholds, blackouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from promoflow.policies import content, shipped, wording
from promoflow.rulebook.kinds import KINDS


@dataclass(frozen=True)
class Origin:
    """Where a rule comes from: the key of its source, and what that is."""

    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Where two kinds meet in the matrix."""

    path: str
    row: str
    column: str
    verdict: str
    why: str
    is_mirrored: bool
    """Whether it stands below the diagonal, where another cell says the same."""

    @property
    def name(self) -> str:
        return wording.pair_name(self.path)

    @property
    def word(self) -> str:
        return wording.value_text(self.verdict)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One rule: what it is called, what it says, and where that comes from."""

    path: str
    name: str
    said: str
    why: str
    sure: str
    origins: tuple[Origin, ...]

    @property
    def sure_text(self) -> str:
        return str(wording.SURE.get(self.sure, self.sure))


@dataclass(frozen=True)
class OfKind:
    """The rules of one kind."""

    kind: str
    sentence: str
    times: list[Line]
    limits: list[Line]


class Rules:
    """The body of a version or of a draft's revision."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self.blackouts = content.blackouts(body)

    @cached_property
    def kinds(self) -> list[str]:
        return list(KINDS)

    @cached_property
    def matrix(self) -> list[tuple[str, list[Cell]]]:
        """A row for each kind, with a cell for each kind that it may meet."""
        rows, kinds = content.pairs(self.body), self.kinds
        return [
            (
                row,
                [
                    _cell(rows[content.pair_path(row, column)], row, column, kinds.index(column) < place)
                    for column in kinds
                ],
            )
            for place, row in enumerate(kinds)
        ]

    @cached_property
    def pairs(self) -> list[Line]:
        """Every pair with its reason."""
        return [
            self._line(path, wording.pair_name(path), wording.value_text(row["verdict"]), row)
            for path, row in content.pairs(self.body).items()
        ]

    @cached_property
    def lines(self) -> list[Line]:
        rules = content.rules(self.body)
        return [
            self._line(path, wording.rule_name(path), wording.said_by(rules[path]), rules[path])
            for path in wording.in_order(rules)
            if "source" in rules[path]
        ]

    @property
    def thresholds(self) -> list[Line]:
        """What holds for every kind."""
        return [line for line in self.lines if not wording.kind_of(line.path)]

    @property
    def of_kinds(self) -> list[OfKind]:
        return [
            OfKind(
                kind,
                wording.times_of(self.body, kind),
                [line for line in self.lines if wording.kind_of(line.path) == kind and not _limits(line)],
                [line for line in self.lines if wording.kind_of(line.path) == kind and _limits(line)],
            )
            for kind in self.kinds
        ]

    def _line(self, path: str, name: str, said: str, row: Mapping[str, Any]) -> Line:
        return Line(
            path=path,
            name=name,
            said=said,
            why=shipped.in_words(content.about(row)),
            sure=str(row.get("sure", "")),
            origins=tuple(self._origin(key.strip()) for key in str(row["source"]).split(",")),
        )

    def _origin(self, key: str) -> Origin:
        if key == content.HOUSE["source"]:
            return Origin(
                gettext("house"), gettext("a manager of this desk, in this version or an earlier one")
            )
        source = self.body.get("sources", {}).get(key)
        return Origin(key, shipped.in_words(str(source)) if source else gettext("no source was found"))


def _cell(row: Mapping[str, Any], one: str, other: str, is_mirrored: bool) -> Cell:
    return Cell(
        path=content.pair_path(one, other),
        row=one,
        column=other,
        verdict=row["verdict"],
        why=shipped.in_words(content.about(row)),
        is_mirrored=is_mirrored,
    )


def _limits(line: Line) -> bool:
    return ".limits." in line.path
