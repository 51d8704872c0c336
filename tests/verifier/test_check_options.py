"""The options of a checking room: one declaration, which every command that takes a room has."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Annotated, get_args

import pytest
import typer
from typer.testing import CliRunner

from runtime.commands import AsJSON
from verifier.check_options import checking_room, takes_room
from verifier.checking_room import CheckingRoom
from verifier.cli import check_command
from verifier.cli_batch import check_batch_command


@pytest.fixture
def rooms() -> list[CheckingRoom]:
    """The rooms that the command of `command` was given."""
    return []


@pytest.fixture
def command(rooms: list[CheckingRoom]) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @takes_room
    def look(file: Annotated[Path, typer.Argument()], room: CheckingRoom, as_json: AsJSON = False) -> None:
        rooms.append(room)

    return app


def test_without_options_a_room_is_that_of_nothing(command: typer.Typer, rooms: list[CheckingRoom]) -> None:
    assert CliRunner().invoke(command, ["code.txt"]).exit_code == 0
    assert rooms == [CheckingRoom()]


def test_every_option_reaches_the_room_and_paths_mean_the_same_everywhere(
    command: typer.Typer, rooms: list[CheckingRoom], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = (
        "code.txt --trust trust.json --require-holder --require-status --status a --status b --rules eu "
        "--country DE --signer signer.pem --revoked revoked --home venue --offline --allow-loopback"
    )
    assert CliRunner().invoke(command, options.split()).exit_code == 0
    assert rooms == [
        CheckingRoom(
            home=tmp_path / "venue",
            trust=tmp_path / "trust.json",
            status=(tmp_path / "a", tmp_path / "b"),
            signers=(tmp_path / "signer.pem",),
            revoked=(tmp_path / "revoked",),
            rules="eu",
            country="DE",
            require_holder=True,
            require_status=True,
            offline=True,
            allow_loopback=True,
        )
    ]


def test_an_option_that_no_room_has_is_refused(command: typer.Typer, rooms: list[CheckingRoom]) -> None:
    done = CliRunner().invoke(command, ["code.txt", "--room", "x"])
    assert (done.exit_code, rooms) == (2, [])
    assert "No such option: --room" in done.output


def test_a_working_directory_that_is_gone_is_told_in_a_line(
    command: typer.Typer, rooms: list[CheckingRoom], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = CliRunner().invoke(command, ["code.txt", "--trust", "trust.json", "--json"])
    assert (done.exit_code, rooms) == (5, [])
    assert '"code": "store"' in done.stdout


def test_both_commands_have_the_same_options_in_place_of_a_room() -> None:
    shared = _helps(checking_room)
    assert len(shared) == 11
    for each in (check_command, check_batch_command):
        own = _helps(each)
        assert "room" not in own
        assert {name: own[name] for name in shared} == shared


def _helps(command: Callable[..., object]) -> dict[str, str | None]:
    parameters = signature(command, eval_str=True).parameters
    return {name: get_args(each.annotation)[1].help for name, each in parameters.items()}
