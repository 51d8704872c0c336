"""`ddcc demo`: everything comes out as told, in a folder that it may replace."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ddcc.demo_cli import tell_what_next
from ddcc.demo_stage import Expected, Stage
from tests.flows.conftest import ROOT, as_process, in_process


def test_everything_comes_out_as_told_twice(tmp_path: Path) -> None:
    """The folder's name looks like markup of the screen, and is shown as it is."""
    folder = tmp_path / "[red]x[" / "["
    first = as_process("demo", "--json", "--dir", folder, cwd=tmp_path)
    assert first.code == 0, first.err
    assert first.err == ""
    result = first.json
    assert result["ok"] is True
    refused = [step["command"] for step in result["steps"] if step["exitCode"] == 1]
    assert len(refused) == 9
    assert all(command.startswith("ddcc verifier check ") for command in refused)
    assert (folder / "presented" / "mira-venue.png").read_bytes().startswith(b"\x89PNG")
    second = in_process("demo", "--dir", folder)
    assert second.code == 0, second.err
    assert f"all as told. The files stay in {folder}.\n" in second.out
    assert f"--home {folder}/issuer\n" in second.out
    assert "did:key:zDn" in second.out
    # A person goes on with the files it left.
    own = ("--wallet", folder / "wallets" / "mira.ddcc")
    passphrase = ("--passphrase-file", folder / "passphrase")
    assert "present done" in in_process("wallet", "history", *own, *passphrase).out


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
        (False, "\nddcc is not on the PATH: type .venv/bin/ddcc instead.\n"),
        (True, "\n  ddcc verifier check --help\n"),
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
    tell_what_next(Console(file=printed), tmp_path, 48)
    assert printed.getvalue().endswith(ending)
