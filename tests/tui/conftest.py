"""Fixtures of the screens: a wallet over a world, its desk, and a script of the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.screenshots import make_stage
from tests.tui.stage import Stage


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return make_stage(tmp_path)
