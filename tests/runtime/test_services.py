"""A service of two workers over a real database: what it counts, logs, and answers without its database."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import threading
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from runtime.database import sqlite_url
from tests.postgres import Cluster, empty_schema
from tests.processes import wait_until
from tests.runtime.clients import pids, service
from tests.runtime.things import names, open_things, scripts


def counted(url: str) -> dict[str, float]:
    """Return how often each route was answered, by all workers."""
    answer = httpx.get(f"{url}/metrics", timeout=30).text
    found = re.findall(r'ddcc_http_requests_total\{method="\w+",route="(.*?)",status="\w+"\} (\S+)', answer)
    return {route: float(count) for route, count in found}


def test_workers_add_up_what_they_count_also_that_of_a_killed_one(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", 2) as (_, url):
        first, *_ = pids(url, 2)
        asked = counted(url)["/pid"]
        assert asked >= 2
        os.kill(first, signal.SIGKILL)
        for _ in range(6):
            httpx.get(f"{url}/people/Aulus", timeout=30)
        assert counted(url)["none"] == 6
        assert counted(url)["/pid"] == asked
        assert "Aulus" not in httpx.get(f"{url}/metrics", timeout=30).text


def test_the_log_of_a_service_is_json_and_nobody_is_in_it(tmp_path: Path) -> None:
    """M8: whole requests through real processes."""
    with service(tmp_path, "--json-logs") as (process, url):
        httpx.post(f"{url}/things?who=Aulus", json={"name": "Aulus"}, timeout=30)
        httpx.post(f"{url}/things", content=b'{"name": "Aulus"', timeout=30)
        # The same name again: the database's message would repeat it.
        httpx.post(f"{url}/things", json={"name": "Aulus"}, timeout=30)
        httpx.get(f"{url}/people/Aulus", timeout=30)
        process.ask_to_stop()
        code, errors = process.wait()
    assert code == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["status"] for line in lines if line["event"] == "request"] == [201, 415, 503, 404]
    assert "Aulus" not in errors
    assert "127.0.0.1" not in errors


def test_a_locked_database_is_503_and_works_again_by_itself(tmp_path: Path) -> None:
    """M11, and nothing of the refused request is kept."""
    with service(tmp_path) as (_, url):
        other = sqlite3.connect(tmp_path / "service.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = httpx.post(f"{url}/things", json={"name": "one"}, timeout=30)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert httpx.get(f"{url}/readyz", timeout=30).status_code == 503
        assert httpx.get(f"{url}/healthz", timeout=30).status_code == 200
        other.rollback()
        other.close()
        assert httpx.get(f"{url}/readyz", timeout=30).status_code == 200
        assert httpx.post(f"{url}/things", json={"name": "two"}, timeout=30).status_code == 201
    assert names(open_things(sqlite_url(tmp_path / "service.sqlite"), scripts(tmp_path, 1))) == ["two"]


def test_a_database_server_that_is_gone_is_503_and_used_again_when_it_is_back(
    postgres_cluster: Cluster, tmp_path: Path
) -> None:
    """M11."""
    with (
        empty_schema(postgres_cluster.url) as database,
        service(tmp_path, "--workers", 2, "--database", database) as (_, url),
    ):
        pids(url, 2)
        postgres_cluster.stop()
        try:
            assert httpx.get(f"{url}/readyz", timeout=30).status_code == 503
            assert httpx.post(f"{url}/things", json={"name": "one"}, timeout=30).status_code == 503
        finally:
            postgres_cluster.start()
        for name in ("two", "three", "four"):
            assert httpx.post(f"{url}/things", json={"name": name}, timeout=30).status_code == 201
        assert httpx.get(f"{url}/readyz", timeout=30).status_code == 200
        assert names(open_things(database, scripts(tmp_path, 1))) == ["two", "three", "four"]


def test_a_killed_worker_leaves_nothing_half_done(postgres_url: str, tmp_path: Path) -> None:
    """M10, M12: it dies while its transaction waits for a lock."""
    with service(tmp_path, "--database", postgres_url) as (_, url):
        (worker,) = pids(url, 1)
        engine = create_engine(postgres_url)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE things"))
            failed: list[Exception] = []
            client = threading.Thread(target=_post, args=(url, "one", failed))
            client.start()
            wait_until(lambda: _is_waited_for(postgres_url))
            os.kill(worker, signal.SIGKILL)
            client.join()
        assert failed
        # The next worker takes the same name, once.
        assert httpx.post(f"{url}/things", json={"name": "one"}, timeout=30).status_code == 201
        engine.dispose()
        assert names(open_things(postgres_url, scripts(tmp_path, 1))) == ["one"]


def _post(url: str, name: str, failed: list[Exception]) -> None:
    try:
        httpx.post(f"{url}/things", json={"name": name}, timeout=30)
    except httpx.HTTPError as err:
        failed.append(err)


def _is_waited_for(url: str) -> bool:
    engine = create_engine(url)
    with engine.connect() as connection:
        waiting = connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()
    engine.dispose()
    return bool(waiting)
