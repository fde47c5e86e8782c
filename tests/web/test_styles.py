"""The stylesheet: a name means one thing."""

import re
from collections import defaultdict

from promoflow.machine.environment import ROOT

SHEET = ROOT / "promoflow" / "static" / "desk.css"


def sections_by_name(sheet):
    """In which sections each class by itself is given its looks, sizes of windows and paper apart."""
    found = defaultdict(set)
    for section, rules in re.findall(r"/\* --- (.+?) -+ \*/(.*?)(?=/\* --- |\Z)", sheet, re.DOTALL):
        flat = re.sub(
            r"@[^{]+\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", re.sub(r"/\*.*?\*/", "", rules, flags=re.DOTALL)
        )
        for selector in re.findall(r"([^{}]+)\{", flat):
            if re.fullmatch(r"\.[\w-]+", selector.strip()):
                found[selector.strip()].add(section.strip())
    return found


def test_no_class_is_given_its_looks_in_two_sections():
    """A second meaning of an old name changes every page that has the first."""
    found = sections_by_name(SHEET.read_text())

    assert len(found) > 100
    assert {name: where for name, where in found.items() if len(where) > 1} == {}


def test_a_second_meaning_is_found():
    sheet = (
        "/* --- Shell --- */ .narrow { max-width: 40rem; } /* --- History --- */ .narrow { display: grid; }"
    )

    assert sections_by_name(sheet)[".narrow"] == {"Shell", "History"}
