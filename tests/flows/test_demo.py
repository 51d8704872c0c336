"""`ddcc demo`: everything comes out as told, in a folder that it may replace."""

from __future__ import annotations

import contextlib
import re
import shlex
import signal
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ddcc.demo_cli import MARKER, tell_what_next
from ddcc.demo_scenery import Scenery
from ddcc.demo_servers import Servers, free_ports, serving
from ddcc.demo_stage import Expected, Stage, command_lines
from runtime.console import ask_yes_no
from tests.flows.conftest import ROOT, as_process, in_process
from tests.processes import running
from vclib.errors import StoreError


def test_everything_comes_out_as_told(tmp_path: Path) -> None:
    """The folder's name looks like markup of the screen, and is shown as it is; what it held is replaced."""
    folder = tmp_path / "[red]x[" / "["
    folder.mkdir(parents=True)
    for name in (MARKER, "older"):
        (folder / name).touch()
    played = as_process("demo", "--dir", folder, cwd=tmp_path)
    assert (played.code, played.err) == (0, ""), played
    assert not (folder / "older").exists()
    assert f" steps, 14 of them refusals, all as told. The files stay in {folder}.\n" in played.out
    assert "SHOULD NOT HAPPEN" not in played.out
    # What is refused on the wire, each with its reason.
    for reason in (
        "[invalid_grant]",
        "redeemed before",
        "needs --unverified",
        "answered before",
        "[revoked]",
    ):
        assert reason in played.out
    assert (folder / "presented" / "mira-border.png").read_bytes().startswith(b"\x89PNG")
    assert all(_has_ended(port) for port in _ports(played.out))
    # A person goes on with the files it left.
    passphrase = ("--passphrase-file", folder / "passphrase")
    for name in ("mira", "anran", "lucia"):
        own = ("--wallet", folder / "wallets" / f"{name}.ddcc", *passphrase)
        assert in_process("wallet", "list", *own, "--json").json["credentials"]
        assert "present done" in in_process("wallet", "history", *own).out
    offers = in_process("issuer", "offers", "--home", folder / "issuer").out
    assert "RecoveryCredential-ecdsa-sd-2023  open" in offers


def _ports(output: str) -> set[int]:
    ports = {int(port) for port in re.findall("--port ([0-9]+)", output)}
    assert len(ports) == 3
    return ports


def _has_ended(port: int) -> bool:
    """Whether nobody answers at a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_servers_end_with_the_demonstration(number: signal.Signals, tmp_path: Path) -> None:
    with running("ddcc", "demo", "--dir", tmp_path / "demo", environment={"PYTHONUNBUFFERED": "1"}) as demo:
        line = ""
        while " issuer serve " not in line:
            line = demo.read_line()
        port = int(re.findall("--port ([0-9]+)", line)[0])
        demo.popen.send_signal(number)
        code, _ = demo.wait(60)
    assert code != 0
    assert _has_ended(port)
    # It has closed its log: nobody writes to it any more.
    assert not [pid for pid in _processes() if str(tmp_path) in pid]


def _processes() -> list[str]:
    """Return the command lines of all processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with serving() as servers:
        server = servers.start("issuer", "serve", "--home", tmp_path, log=tmp_path / "log")
        with pytest.raises(StoreError, match="no issuer in"):
            server.wait_until_ready()
    assert servers == Servers()


def test_ports_are_free_and_different() -> None:
    assert len(set(free_ports(3))) == 3


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = in_process("demo", "--dir", tmp_path)
    ran.assert_error(5, "store")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("code", "printed", "problem"),
    [
        (1, "REFUSED [revoked]", "expected exit code 0, found 1"),
        (0, "NOTHING", "expected 'ACCEPTED' in what was printed"),
        (0, "ACCEPTED", ""),
    ],
)
def test_what_comes_out_otherwise_fails_the_demonstration(code: int, printed: str, problem: str) -> None:
    def command(_arguments: Sequence[str]) -> int:
        print(printed)
        return code

    stage = Stage(command)
    step = stage.run("A check.", "verifier", "check", expect=Expected(0, ("ACCEPTED",)))
    assert (step.problem, stage.ok) == (problem, not problem)


def test_refusals_are_counted_and_written() -> None:
    stage = Stage(lambda _arguments: 1)
    stage.run("A copy.", "verifier", "check", expect=Expected(1), refuses=True)
    stage.run("Another.", "verifier", "check", expect=Expected(0), refuses=True)
    assert (stage.refusals, stage.ok) == (1, False)
    assert stage.result()["steps"] == [
        {"step": "A copy.", "command": "ddcc verifier check", "exitCode": 1, "refusal": True},
        {
            "step": "Another.",
            "command": "ddcc verifier check",
            "exitCode": 1,
            "refusal": True,
            "problem": "expected exit code 0, found 1",
        },
    ]


def test_a_question_finds_nobody() -> None:
    def command(_arguments: Sequence[str]) -> int:
        return 0 if ask_yes_no("Really?") else 1

    assert Stage(command).run("A question.", "wallet", "present", expect=Expected(1)).problem == ""


def test_a_step_that_was_told_to_end_ends_the_demonstration() -> None:
    with pytest.raises(SystemExit):
        Stage(lambda _arguments: 143).run("A check.", "verifier", "check")


def test_an_interrupted_step_ends_the_demonstration() -> None:
    with pytest.raises(KeyboardInterrupt):
        Stage(lambda _arguments: 130).run("A check.", "verifier", "check")


def test_a_comparison_that_does_not_hold_fails_the_demonstration() -> None:
    stage = Stage(lambda _arguments: 0)
    stage.expect("nothing is in both", holds=False)
    assert not stage.ok


@pytest.mark.parametrize(
    "record", sorted((ROOT / "ddcc" / "demo_records").glob("*.json")), ids=lambda path: path.name
)
def test_its_records_are_those_of_the_examples(record: Path) -> None:
    assert record.read_bytes() == (ROOT / "examples" / record.name).read_bytes()


@pytest.mark.parametrize(
    ("on_path", "ending"),
    [
        (
            False,
            f"be on the PATH:\n  export PATH={shlex.quote(str(Path.cwd() / '.venv/bin'))}:$PATH\n",
        ),
        (True, "(`make venue` does the same in a clone).\n"),
    ],
)
def test_who_has_no_ddcc_on_the_path_is_told_where_it_is(
    on_path: bool, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_path:
        (tmp_path / "ddcc").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [".venv/bin/ddcc", "demo"])
    printed = StringIO()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "next").write_text("123456\n")
    stage = Stage(lambda _arguments: 0)
    now = datetime(2026, 7, 1, tzinfo=UTC)
    tell_what_next(Console(file=printed), Scenery(stage, tmp_path, (1, 2, 3), now))
    assert printed.getvalue().endswith(ending)
    assert "(code 123456)" in printed.getvalue()


def test_a_long_command_is_shown_so_that_it_can_be_copied() -> None:
    command = "ddcc issuer init --name 'Ministry of Health' --url http://localhost:8441 --home a"
    assert command_lines(command, None) == [command]
    lines = command_lines(command, 50, prefix="$ ")
    assert lines == [
        "$ ddcc issuer init --name 'Ministry of Health' \\",
        "      --url http://localhost:8441 --home a",
    ]
    joined = "\n".join(lines).removeprefix("$ ")
    assert shlex.split(joined.replace("\\\n", " ")) == shlex.split(command)
