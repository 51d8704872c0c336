"""Fixtures that many tests share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from runtime.database import sqlite_url
from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters
from tests.postgres import Cluster, empty_schema, programs, running_cluster
from tests.requirements import missing
from tests.shapes import check_every_shape, switch_off_shapes
from tests.world import World
from vclib import jsonld
from vclib.shapes import Cache

# With Python's own 700 a quarter of the time of many tests would go into looking for garbage.
_OBJECTS_BEFORE_COLLECTING = 50_000

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


def pytest_configure() -> None:
    """Collecting makes a million objects that all stay; looking for garbage among them finds none."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, but seldom, and never among what was there before the first test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING, 10, 10)
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def nothing_left_of_other_modules() -> Iterator[None]:
    """Let go of what a module's tests made.

    FastAPI remembers what kind of function each endpoint is, some thousand of them, and each holds on to its
    application, with the database and the keys it was made for.
    """
    yield
    remembering = sys.modules.get("fastapi.dependencies.models")
    for each in vars(remembering).values() if remembering else ():
        if hasattr(each, "cache_clear"):
            each.cache_clear()
    gc.collect()


@contextmanager
def derivation(parameters: Argon2Parameters) -> Iterator[None]:
    """Let what this process seals ask for another derivation, wherever none is named."""
    kept = asdict(DEFAULT_PARAMETERS)
    for name, value in asdict(parameters).items():
        object.__setattr__(DEFAULT_PARAMETERS, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            object.__setattr__(DEFAULT_PARAMETERS, name, value)


@pytest.fixture(autouse=True, scope="session")
def cheap_derivation() -> Iterator[None]:
    """Deriving a key in earnest takes a quarter of a second on purpose, and has tests of its own."""
    with derivation(Argon2Parameters(memory_kib=64, iterations=1, lanes=1)):
        yield


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


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server that tests may stop and start, one for each process that runs tests."""
    found = programs()
    if found is None or find_spec("psycopg") is None:
        missing("PostgreSQL's programs or its driver are not here", required_by="DDCC_REQUIRE_POSTGRES")
    with running_cluster(found) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> str:
    """The URL of a PostgreSQL database.

    DDCC_TEST_POSTGRES may name a running one, e.g. postgresql+psycopg:///postgres?host=/run/postgresql, in
    which tests make schemas of their own; otherwise a server is started.
    """
    named = os.environ.get("DDCC_TEST_POSTGRES")
    return named or str(request.getfixturevalue("postgres_cluster").url)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty place in a PostgreSQL database, for this test alone."""
    with empty_schema(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that a store has to run on."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "database.sqlite")
    return str(request.getfixturevalue("postgres_url"))
