"""Whole folders: every file is a result, one broken file ends nothing, several processes agree with one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runtime.qr import make_qr
from tests.paper import CERTIFICATE, NOW, OTHER_KEY, VACCINATION, claims, code, signers
from vclib.errors import StoreError
from vclib.policy import Outcome
from verifier.batch import Summary, check_files, find_files
from verifier.cli import app
from verifier.service import Question, Verifier

_VERIFIER = Verifier(signers=signers())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    codes = tmp_path / "codes"
    (codes / "inner").mkdir(parents=True)
    genuine = code(claims(1, VACCINATION))
    (codes / "a.txt").write_text(genuine)
    (codes / "b.png").write_bytes(make_qr(genuine).png(scale=3))
    (codes / "c.txt").write_text(code(claims(1, VACCINATION), key=OTHER_KEY))
    (codes / "d.txt").write_text("shc:/567629")
    (codes / "inner" / "e.json").write_text("{")
    (codes / ".hidden").write_text("not looked at")
    (codes / "link.txt").symlink_to(codes / "a.txt")
    return codes


def test_every_file_of_a_folder_has_a_result(folder: Path) -> None:
    (results,) = check_files(_VERIFIER, find_files(folder), Question(), now=NOW, workers=2)
    found = {Path(result.file).name: (result.outcome, result.codes[0]) for result in results}
    assert found == {
        "a.txt": (Outcome.ACCEPTED, "no-status"),
        "b.png": (Outcome.ACCEPTED, "no-status"),
        "c.txt": (Outcome.REFUSED, "forged"),
        "d.txt": (Outcome.UNDECIDED, "not-supported"),
        "e.json": (Outcome.REFUSED, "malformed"),
    }
    assert Summary.of(results).outcomes == {
        Outcome.ACCEPTED: 2,
        Outcome.REFUSED: 2,
        Outcome.UNDECIDED: 1,
    }


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    for number in range(250):
        key_is_right = number % 3
        text = code(claims(1, VACCINATION)) if key_is_right else code(claims(1, VACCINATION), key=OTHER_KEY)
        (tmp_path / f"{number:03}.txt").write_text(text)
    files = find_files(tmp_path)

    def check(workers: int) -> list[tuple[str, Outcome]]:
        parts = check_files(_VERIFIER, files, Question(), now=NOW, workers=workers)
        return sorted((result.file, result.outcome) for part in parts for result in part)

    assert check(3) == check(1)
    assert len(check(3)) == 250


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot read the folder"):
        find_files(tmp_path / "nowhere")


def test_the_command_tells_a_folder_and_ends_with_its_worst_outcome(folder: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "signer.der"
    certificate.write_bytes(CERTIFICATE)
    at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    options = ["--signer", str(certificate), "--at", at, "--json", "--offline"]
    result = CliRunner().invoke(app, ["check", str(folder), *options])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["files"] == 5
    assert told["outcomes"] == {"accepted": 2, "refused": 2, "undecided": 1}
    (folder / "c.txt").unlink()
    (folder / "inner" / "e.json").unlink()
    assert CliRunner().invoke(app, ["check", str(folder), *options]).exit_code == 3
    (folder / "d.txt").unlink()
    assert CliRunner().invoke(app, ["check", str(folder), *options]).exit_code == 0


def test_an_empty_folder_and_a_challenge_for_a_folder_are_wrong_usage(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert CliRunner().invoke(app, ["check", str(tmp_path / "empty")]).exit_code == 2
    challenge = ["--challenge", "z1", "--domain", "https://venue.example"]
    assert CliRunner().invoke(app, ["check", str(folder), *challenge]).exit_code == 2


def test_one_code_is_told_by_the_command_with_its_exit_code(folder: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "signer.der"
    certificate.write_bytes(CERTIFICATE)
    at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    options = ["--signer", str(certificate), "--at", at]
    accepted = CliRunner().invoke(app, ["check", str(folder / "b.png"), *options])
    assert accepted.exit_code == 0
    assert "Comirnaty" in accepted.stdout
    assert CliRunner().invoke(app, ["check", str(folder / "c.txt"), *options]).exit_code == 1
    assert CliRunner().invoke(app, ["check", str(folder / "d.txt"), *options]).exit_code == 3
    assert CliRunner().invoke(app, ["check", str(folder / "inner" / "e.json"), *options]).exit_code == 4


def test_a_name_that_is_no_text_does_not_end_the_report_of_all(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("HC1:")
    told = CliRunner().invoke(app, ["check", str(folder), "--json"])
    assert any(each["file"].endswith("\\xff.txt") for each in json.loads(told.stdout)["results"])
