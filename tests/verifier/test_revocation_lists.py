"""verifier.revocation_lists: files that others write, seen while a verifier runs, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from health.formats import read_certificate
from health.formats.eu_revocation import hashes_of
from tests import paper
from vclib.errors import ConfigurationError, StoreError
from vclib.policy import Outcome
from verifier.config import VerifierConfig
from verifier.revocation_lists import RevocationSource, open_revocations
from verifier.service import CheckResult, Question, Verifier

CODE = paper.code(paper.claims(paper.EU_DCC, paper.VACCINATION))
OTHER = [bytes(16).hex()]


class Shelf:
    """A folder of lists, and a source whose clock the test moves."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.folder = home / "revoked"
        self.config = VerifierConfig(home, **settings)  # type: ignore[arg-type]  # settings by name
        self.seconds = 0.0

    def write(self, name: str, hashes: list[str], *, written: datetime = paper.NOW) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{name}.new"
        new.write_text(json.dumps({"hashType": "UCI", "entries": [{"hash": each} for each in hashes]}))
        os.utime(new, (written.timestamp(), written.timestamp()))
        path = self.folder / f"{name}.json"
        new.replace(path)
        return path

    def open(self) -> RevocationSource:
        return RevocationSource(self.config, seconds=lambda: self.seconds)

    def check(self, source: RevocationSource, **later: float) -> CheckResult:
        verifier = Verifier(signers=paper.signers(), withdrawn=source)
        return verifier.check_content(CODE.encode(), Question(), now=paper.NOW + timedelta(**later))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "home")


def hashes() -> list[str]:
    return [each.hex() for each in hashes_of(read_certificate(CODE))]


def codes(result: CheckResult) -> list[str]:
    return [reason.code for reason in result.verdict.reasons]


def test_without_any_list_paper_could_have_been_withdrawn(shelf: Shelf) -> None:
    assert codes(shelf.check(shelf.open())) == ["no-status", "not-bound"]
    # Nor does an empty folder say anything.
    shelf.folder.mkdir(parents=True)
    assert codes(shelf.check(shelf.open())) == ["no-status", "not-bound"]


def test_what_a_list_withdraws_is_refused_and_the_rest_is_not(shelf: Shelf) -> None:
    shelf.write("a", OTHER)
    assert codes(shelf.check(shelf.open())) == ["not-bound"]
    shelf.write("b", hashes())
    result = shelf.check(shelf.open())
    assert (result.verdict.outcome, "revoked" in codes(result)) == (Outcome.REFUSED, True)


def test_a_running_verifier_sees_a_new_list_within_seconds(shelf: Shelf) -> None:
    source = shelf.open()
    shelf.write("a", hashes())
    assert "no-status" in codes(shelf.check(source))
    shelf.seconds += 2.5
    assert "revoked" in codes(shelf.check(source))
    shelf.write("a", OTHER)
    shelf.seconds += 2.5
    assert codes(shelf.check(source)) == ["not-bound"]


def test_a_broken_file_leaves_all_lists_in_force_and_is_told(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    """Never half of them: a good new file beside a broken one waits for it."""
    shelf.write("a", hashes())
    source = shelf.open()
    (shelf.folder / "b.json").write_text('{"entries": [')
    shelf.write("a", OTHER)
    shelf.seconds += 2.5
    assert "revoked" in codes(shelf.check(source))
    assert "b.json" in (source.problem or "")
    assert "those in force stay" in caplog.text
    shelf.write("b", OTHER)
    shelf.seconds += 2.5
    assert (codes(shelf.check(source)), source.problem) == (["not-bound"], None)


def test_lists_that_vanish_leave_those_in_force_until_they_are_back(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "home", revoked=tmp_path / "home" / "revoked")
    shelf.write("a", hashes())
    source = shelf.open()
    shutil.move(shelf.folder, tmp_path / "away")
    shelf.seconds += 2.5
    assert "revoked" in codes(shelf.check(source))
    assert "cannot read" in (source.problem or "")
    shutil.move(tmp_path / "away", shelf.folder)
    shelf.seconds += 2.5
    assert "revoked" in codes(shelf.check(source))
    assert source.problem is None


def test_past_their_age_lists_leave_paper_undecided_and_still_withdraw(shelf: Shelf) -> None:
    """M4: as old as the oldest of them."""
    shelf.write("a", OTHER)
    shelf.write("b", OTHER, written=paper.NOW - timedelta(days=1))
    source = shelf.open()
    assert shelf.check(source).verdict.outcome is Outcome.ACCEPTED
    late = shelf.check(source, days=1, minutes=1)
    assert (late.verdict.outcome, codes(late)) == (Outcome.UNDECIDED, ["not-bound", "revocations-old"])
    shelf.write("c", hashes())
    shelf.seconds += 2.5
    assert shelf.check(source, days=1, minutes=1).verdict.outcome is Outcome.REFUSED


def test_a_list_from_the_future_has_no_age_that_is_known(shelf: Shelf) -> None:
    """M4: a wrong clock must not make a list good for years."""
    shelf.write("a", OTHER)
    shelf.write("b", OTHER, written=paper.NOW + timedelta(minutes=4))
    source = shelf.open()
    assert shelf.check(source).verdict.outcome is Outcome.ACCEPTED
    shelf.write("b", OTHER, written=paper.NOW + timedelta(days=400))
    shelf.seconds += 2.5
    assert codes(shelf.check(source)) == ["not-bound", "revocations-old"]


def test_the_limit_can_be_lifted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, revoked_max_age=0)
    shelf.write("a", OTHER, written=datetime(2020, 1, 1, tzinfo=UTC))
    assert shelf.check(shelf.open()).verdict.outcome is Outcome.ACCEPTED


def test_a_verifier_does_not_start_with_a_list_that_is_broken_or_missing(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    config = VerifierConfig(tmp_path, revoked=file)
    with pytest.raises(StoreError, match=r"list\.json"):
        RevocationSource(config)
    file.write_text("[1]")
    with pytest.raises(ConfigurationError, match=r"list\.json: expected base64 or hex"):
        RevocationSource(config)
    file.write_text(json.dumps(hashes()))
    kept = RevocationSource(config).kept
    assert kept is not None
    assert kept.files == 1


def test_a_check_on_files_takes_the_lists_of_the_home(shelf: Shelf) -> None:
    assert open_revocations(None) is None
    shelf.write("a", hashes())
    kept = open_revocations(shelf.config)
    assert kept is not None
    verifier = Verifier(signers=paper.signers(), withdrawn=kept)
    assert "revoked" in codes(verifier.check_content(CODE.encode(), Question(), now=paper.NOW))
