"""Lines for a terminal are broken between words, and what cannot be broken stays whole."""

from __future__ import annotations

import io
import os

import pytest

from runtime.qr import check_fits, make_qr
from runtime.terminal import columns_of, wrap_line
from vclib.errors import ConfigurationError

DID = "did:key:zDnaeRwCFnUyo1SLryjqks6qcfAwiRpvfNtXQvCLp7semrbvu"


@pytest.mark.parametrize(
    ("line", "wrapped"),
    [
        ("  short", ["  short"]),
        (
            "  stays in the wallet: Vaccine, Brand, Lot number",
            ["  stays in the wallet: Vaccine, Brand,", "    Lot number"],
        ),
        (
            "  Disease         COVID-19 and also something else",
            ["  Disease         COVID-19 and also", "                  something else"],
        ),
        (f"    signed by {DID}", ["    signed by", DID]),
        (
            "Result of \u6797\u5b89\u7136\u6797\u5b89\u7136\u6797\u5b89\u7136, not detected",
            ["Result of \u6797\u5b89\u7136\u6797\u5b89\u7136\u6797\u5b89\u7136, not", "  detected"],
        ),
    ],
)
def test_a_line_is_broken_between_words(line: str, wrapped: list[str]) -> None:
    assert wrap_line(line, 40) == wrapped


@pytest.mark.parametrize("columns", [None, 0, 10])
def test_a_line_that_goes_to_no_terminal_stays_one(columns: int | None) -> None:
    assert wrap_line("a word " * 30, columns) == ["a word " * 30]


def test_a_file_has_no_width() -> None:
    assert columns_of(io.StringIO()) is None


def test_a_terminal_has_a_width() -> None:
    _, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stream:
        width = columns_of(stream)
    assert width is None or width > 0


def test_a_code_that_would_be_broken_is_refused() -> None:
    code = make_qr("openid4vp://?client_id=x")
    check_fits(code, None)
    check_fits(code, code.columns)
    with pytest.raises(ConfigurationError, match=f"of {code.columns} columns, this one has 20"):
        check_fits(code, 20)
