"""The Python files of the product, parsed, for the tests of how it is built."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("accounts", "promoflow")


def modules() -> list[Path]:
    """Every module that we wrote: migrations too, vendored files not."""
    return [ROOT / "manage.py", *sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imported(path: Path) -> set[str]:
    """The full names of the modules that this one imports."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def attribute_calls(path: Path) -> list[tuple[str, str, int]]:
    """Calls such as `receiver.name(...)`: the receiver as written, the name, the line."""
    return [
        (ast.unparse(node.func.value), node.func.attr, node.lineno)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
