"""A batch on a real Dask cluster: a scheduler and two workers on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from issuer.config import IssuerConfig
from issuer.keys import load_keys
from tests.issuer.batch_home import PASSPHRASE, make_home, numbers, run_as_process, start, write_records
from tests.issuer.test_batches import check_database
from tests.processes import ROOT, wait_until

pytest.importorskip("distributed")

QUIET = {"DASK_DISTRIBUTED__VERSION__CHECK": "false", "PATH": os.environ.get("PATH", "")}


@contextmanager
def dask(module: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", "--host", "127.0.0.1", *arguments],
        cwd=ROOT,
        env={**QUIET, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def scheduler() -> Iterator[str]:
    """Run a scheduler and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with dask("dask_scheduler", "--port", str(port), "--no-dashboard"):
        wait_until(lambda: _answers(port), 60)
        yield f"tcp://127.0.0.1:{port}"


def worker(address: str, **environment: str) -> ExitStack:
    stack = ExitStack()
    stack.process = stack.enter_context(  # type: ignore[attr-defined]
        dask("dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", **environment)
    )
    return stack


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Wiretap:
    """Passes on what goes to an address and back, and remembers all of it."""

    def __init__(self, address: str) -> None:
        self._target = int(address.rpartition(":")[2])
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self.heard = bytearray()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._server.accept()
            except OSError:
                return
            theirs = socket.create_connection(("127.0.0.1", self._target))
            for one, other in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while content := one.recv(65536):
                self.heard += content
                other.sendall(content)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def config(tmp_path: Path) -> IssuerConfig:
    return make_home(tmp_path / "home")


def test_a_batch_goes_on_when_one_of_two_workers_is_killed_and_no_message_has_a_key(
    config: IssuerConfig, tmp_path: Path
) -> None:
    records = write_records(tmp_path / "records.csv", 600, bad=(7,))
    out = tmp_path / "out"
    with scheduler() as address, ExitStack() as stack:
        workers = [stack.enter_context(worker(address, DDCC_PASSPHRASE=PASSPHRASE)) for _ in range(2)]
        tap = Wiretap(address)
        stack.callback(tap.close)
        process = start(config, records, out, "--part-rows", "10", "--cluster", tap.address)
        wait_until(lambda: len(list(out.glob("part-*.jsonl"))) >= 5 or process.poll() is not None, 120)
        assert process.poll() is None, process.communicate()
        workers[0].process.send_signal(signal.SIGKILL)  # type: ignore[attr-defined]
        written, errors = process.communicate(timeout=300)
    assert process.returncode == 4, (written, errors)
    assert numbers(out) == [n for n in range(1, 601) if n != 7]
    check_database(config, out)
    # What was said stands there in the clear, so that what is not there was not said.
    assert b"Person 600" in tap.heard
    assert PASSPHRASE.encode() not in tap.heard
    keys = load_keys(config.keys_path, PASSPHRASE, dids=config.dids).keys.values()
    assert [key for key in keys if key.secret_bytes in tap.heard] == []  # type: ignore[attr-defined]


def test_a_worker_without_the_passphrase_signs_nothing(config: IssuerConfig, tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.csv", 5)
    with scheduler() as address, worker(address):
        code, _, errors = run_as_process(config, records, tmp_path / "out", "--cluster", address)
    assert code == 2
    assert "a worker needs the passphrase" in errors
    assert list((tmp_path / "out").glob("part-*")) == []


def test_a_cluster_that_does_not_answer_is_told(config: IssuerConfig, tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.csv", 5)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    code, _, errors = run_as_process(config, records, tmp_path / "out", "--cluster", address)
    assert code == 3
    assert "no Dask scheduler answers" in errors
