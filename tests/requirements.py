"""What some tests need of the machine: they are skipped where it is missing, unless it has to be there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, *, required_by: str) -> NoReturn:
    """Skip the test that asks, or fail it where the variable `required_by` is "1", as in a full check."""
    if os.environ.get(required_by) == "1":
        pytest.fail(f"{what}, and {required_by} asks for it")
    pytest.skip(what)
