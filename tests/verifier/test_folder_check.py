"""Whole folders: every file is a result, one broken file ends nothing, several processes agree with one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runtime.qr import make_qr
from tests.paper import CERTIFICATE, KID, NOW, OTHER_KEY, VACCINATION, claims, code
from vclib.errors import ConfigurationError, StoreError
from vclib.policy import Outcome
from verifier.checking_room import CheckingRoom
from verifier.cli import app
from verifier.code_lists import HEAD_BYTES
from verifier.config import VerifierConfig
from verifier.folder_check import CodeResult, FolderChecking, Summary, Work, check_work, find_work
from verifier.service import Question
from verifier.trust_suspensions import suspend


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


@pytest.fixture
def room(tmp_path: Path) -> CheckingRoom:
    signer = tmp_path / "trusted.der"
    signer.write_bytes(CERTIFICATE)
    return CheckingRoom(signers=(signer,), offline=True)


def _check(room: CheckingRoom, work: Work, workers: int = 1) -> list[CodeResult]:
    checking = FolderChecking(room, room.state(), NOW)
    return check_work(work, checking, workers=workers, tell=lambda _: None)


def test_every_file_of_a_folder_has_a_result(folder: Path, room: CheckingRoom) -> None:
    results = _check(room, find_work(folder), workers=2)
    found = {Path(each.file).name: (each.told.outcome, each.told.codes[0]) for each in results}
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


def _mixed(number: int) -> str:
    return code(claims(1, VACCINATION)) if number % 3 else code(claims(1, VACCINATION), key=OTHER_KEY)


def test_several_processes_find_what_one_finds(tmp_path: Path, room: CheckingRoom) -> None:
    codes = tmp_path / "many"
    codes.mkdir()
    for number in range(300):
        (codes / f"{number:03}.txt").write_text(_mixed(number))
    work = find_work(codes)
    assert work.codes == 300
    assert len(work.parts) == 2
    alone = _check(room, work)
    assert _check(room, work, workers=2) == alone
    assert [Path(each.file).name for each in alone] == [f"{number:03}.txt" for number in range(300)]
    assert [each.told.outcome for each in alone[:4]] == ["refused", "accepted", "accepted", "refused"]


def test_a_list_has_a_result_for_each_line_that_is_not_empty(tmp_path: Path, room: CheckingRoom) -> None:
    lines = [_mixed(1), "", _mixed(0) + "\r", "shc:/567629", _mixed(2)]
    (tmp_path / "codes.txt").write_bytes("\n".join(lines).encode())
    results = _check(room, find_work(tmp_path / "codes.txt"))
    assert [(each.line, each.told.outcome) for each in results] == [
        (1, "accepted"),
        (3, "refused"),
        (4, "undecided"),
        (5, "accepted"),
    ]


@pytest.mark.parametrize("alone", [True, False])
def test_a_long_list_is_cut_where_lines_end(
    tmp_path: Path, room: CheckingRoom, monkeypatch: pytest.MonkeyPatch, *, alone: bool
) -> None:
    monkeypatch.setattr("verifier.code_lists._PIECE_BYTES", 5000)
    monkeypatch.setattr("verifier.code_lists._MAX_LINE_BYTES", 4999)
    (tmp_path / "many").mkdir()
    file = tmp_path / "many" / "codes.txt"
    lines = [_mixed(number % 30) for number in range(HEAD_BYTES // 400)]
    file.write_text("\n".join(lines))
    work = find_work(file if alone else file.parent)
    assert len(work.parts) > 10
    results = _check(room, work)
    assert [each.line for each in results] == [*range(1, len(lines) + 1)]
    assert [each.told.outcome for each in results] == [
        "accepted" if number % 30 % 3 else "refused" for number in range(len(lines))
    ]


def test_a_list_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path, room: CheckingRoom) -> None:
    file = tmp_path / "codes.txt"
    file.write_text(f"{_mixed(1)}\n{_mixed(2)}\n")
    work = find_work(file)
    file.write_text(_mixed(1))
    with pytest.raises(StoreError, match="was changed while it was read"):
        _check(room, work)


def test_a_list_of_withdrawals_that_changes_meanwhile_is_an_error(folder: Path, room: CheckingRoom) -> None:
    revoked = room.signers[0].with_name("revoked.json")
    revoked.write_text("[]")
    room = replace(room, revoked=(revoked,))
    checking = FolderChecking(room, room.state(), NOW)
    revoked.write_text('{"entries": []}')
    with pytest.raises(ConfigurationError, match="changed while this ran"):
        check_work(find_work(folder), checking, workers=1, tell=lambda _: None)


def test_folders_within_a_thousand_folders_are_looked_through(
    tmp_path: Path, room: CheckingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was unpacked from a stranger's archive ends no check."""
    top = tmp_path / "codes"
    top.mkdir()
    monkeypatch.chdir(top)
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    code_file = Path("code.txt")
    code_file.write_text(code(claims(1, VACCINATION)))
    try:
        assert [each.told.outcome for each in _check(room, find_work(top))] == [Outcome.ACCEPTED]
    finally:
        # Whoever clears up after tests does so by recursion.
        code_file.unlink()
        for _ in range(1100):
            os.chdir("..")
            os.rmdir("d")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot read"):
        find_work(tmp_path / "nowhere")


def test_more_codes_than_are_checked_at_once_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verifier.folder_check.MAX_CODES", 4)
    with pytest.raises(StoreError, match="more than 4 codes"):
        find_work(folder)


def test_the_command_names_the_line_of_each_code_of_a_list(tmp_path: Path, room: CheckingRoom) -> None:
    file = tmp_path / "codes.txt"
    file.write_text(f"{_mixed(1)}\n{_mixed(0)}\n")
    at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    options = ["--signer", str(room.signers[0]), "--at", at]
    told = CliRunner().invoke(app, ["check", str(file), *options])
    assert told.exit_code == 1
    assert f"{file}:2" in told.stdout
    assert f"{file}:1" not in told.stdout
    result = json.loads(CliRunner().invoke(app, ["check", str(file), *options, "--json"]).stdout)
    assert (result["files"], result["codes"]) == (1, 2)
    assert [each["line"] for each in result["results"]] == [1, 2]


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


def test_a_suspended_signer_stays_so_when_it_is_named_by_its_file(tmp_path: Path, room: CheckingRoom) -> None:
    """Threat I3."""
    home = VerifierConfig(tmp_path / "venue")
    suspend(home, KID.hex(), "its key leaked")
    result = replace(room, home=home.home).verifier().judge_content(_mixed(1).encode(), Question(), now=NOW)
    assert result.outcome is Outcome.REFUSED
    assert "issuer-suspended" in [reason.code for reason in result.reasons]
    assert room.verifier().judge_content(_mixed(1).encode(), Question(), now=NOW).outcome is Outcome.ACCEPTED


def test_an_issuer_that_is_suspended_stays_so_under_another_trust_file(tmp_path: Path) -> None:
    """Threat I3."""
    home, trust = VerifierConfig(tmp_path / "venue"), tmp_path / "trust.json"
    trust.write_text('{"issuers": [{"id": "did:web:moh.example", "name": "Ministry of Health"}]}')
    suspend(home, "did:web:moh.example", "its key leaked")
    trusted = CheckingRoom(home=home.home, trust=trust, offline=True).verifier().trusted
    assert trusted is not None
    assert [issuer.suspended for issuer in trusted.by_did.values()] == ["its key leaked"]
