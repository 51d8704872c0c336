"""Every threat that the services have to survive has a test that names it.

A test names a threat in its own name (`test_f1_...`, `test_e2_e3_...`) or in its docstring ("F1, M10: ..."),
in the manner of all tests here. What is only mentioned elsewhere does not count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Presentation, issuance, DIDs and requests that go out, status lists, trust, operation.
LAST = {"E": 20, "F": 17, "G": 11, "H": 12, "I": 7}
THREATS = [f"{area}{number}" for area, last in LAST.items() for number in range(1, last + 1)]
THREATS += [*(f"M{number}" for number in range(1, 13)), "J7", "J8"]
# Of calls that assert: our own, those of the browser's library, those of a desk at the page.
CHECKING = ("check", "expect", ".says")
_ID = re.compile(r"\b[A-M][1-9][0-9]?\b")
_IN_NAME = re.compile(r"^test_((?:[a-m][1-9][0-9]?_)+)")


@cache
def named() -> dict[str, list[str]]:
    """The tests by the threats that they name."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for test in _tests(ast.parse(path.read_text())):
            for threat in _threats(test):
                found.setdefault(threat, []).append(f"{path.relative_to(TESTS)}::{test.name}")
    return found


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node


def _threats(test: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    in_name = _IN_NAME.match(test.name)
    names = in_name[1].upper().strip("_").split("_") if in_name else []
    return {*names, *_ID.findall(ast.get_docstring(test) or "")}


def asserts(test: ast.AST) -> bool:
    """Say whether something is asserted in a function: a condition, or that something is raised."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Attribute) and node.attr in ("raises", "assert_error"))
        or (isinstance(node, ast.Call) and any(word in ast.unparse(node.func) for word in CHECKING))
        for node in ast.walk(test)
    )


@pytest.mark.parametrize("threat", THREATS)
def test_a_threat_has_a_test_that_names_it(threat: str) -> None:
    assert named().get(threat), f"no test names {threat}"


def test_what_names_a_threat_asserts_something() -> None:
    idle = [
        f"{path.relative_to(TESTS)}::{test.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for test in _tests(ast.parse(path.read_text()))
        if _threats(test).intersection(THREATS) and not asserts(test)
    ]
    assert idle == []
