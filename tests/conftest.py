"""Fixtures that many tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import MetaData, create_engine

from tests.shapes import check_every_shape, switch_off_shapes
from tests.world import World
from vclib import jsonld
from vclib.shapes import Cache

# A busy machine is no fault of the code, and a run has to mean the same twice. To search further, run with
# `--hypothesis-profile=search`.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shapes",
        choices=["kept", "off", "checked"],
        default="kept",
        help="compiled shapes: as in the programs, never, or at once and each compared with the other path",
    )


@pytest.fixture(autouse=True)
def shapes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled shapes as `--shapes` says; every test begins without any."""
    mode = request.config.getoption("--shapes")
    if mode == "off":
        switch_off_shapes(monkeypatch)
    elif mode == "checked":
        check_every_shape(monkeypatch)
    else:
        monkeypatch.setattr(jsonld.SHAPES, "cache", Cache())


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world of its own for each test."""
    return World(tmp_path / "world")


@pytest.fixture(params=["sqlite", "other"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind that a store has to run on.

    DDCC_TEST_POSTGRES names the other one, e.g. postgresql+psycopg:///postgres?host=/run/postgresql; it is
    emptied first.
    """
    if request.param == "sqlite":
        return "sqlite://"
    url = os.environ.get("DDCC_TEST_POSTGRES")
    if url is None:
        pytest.skip("DDCC_TEST_POSTGRES names no other database")
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    tables.drop_all(engine)
    engine.dispose()
    return url
