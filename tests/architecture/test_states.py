"""Only services move a request from state to state, and nothing sets a state by hand."""

import ast

import pytest
from django_fsm import FSMField

from promoflow.promotions.models import PromotionRequest
from tests.architecture.sources import ROOT, attribute_calls, modules, named, parsed

PROMOTIONS = ROOT / "promoflow" / "promotions"
SERVICES = PROMOTIONS / "services"
WRITES = {"update", "create", "get_or_create", "update_or_create", "bulk_update"}


def _transitions() -> set[str]:
    field = PromotionRequest._meta.get_field("state")
    assert isinstance(field, FSMField)
    return {transition.name for transition in field.get_all_transitions(PromotionRequest)}


def _services_imported_by(path) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module == "promoflow.promotions.services"
        for alias in node.names
    }


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if path.is_relative_to(PROMOTIONS) and not path.is_relative_to(SERVICES)],
    ids=named,
)
def test_only_services_call_a_transition(path):
    transitions, services = _transitions(), _services_imported_by(path)

    calls = [
        f"{receiver}.{name}() in line {line}"
        for receiver, name, line in attribute_calls(path)
        if name in transitions and receiver not in services
    ]

    assert calls == []


def _sets_a_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
        return any(keyword.arg == "state" for keyword in node.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
        return "state" in ast.unparse(node.args[1])
    return False


@pytest.mark.parametrize("path", modules(), ids=named)
def test_nothing_sets_a_state_by_hand(path):
    lines = [node.lineno for node in ast.walk(parsed(path)) if _sets_a_state(node)]

    assert lines == []
