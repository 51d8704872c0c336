"""verifier.matching and `ddcc verifier match`: what was disclosed, beside a passport line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from health import MatchOutcome, parse_passport
from health.formats import read_certificate
from tests.world import VACCINATION, World
from vclib.errors import MalformedValueError
from vclib.policy import Verdict
from vclib.strict_json import JSONObject
from verifier.cli import app
from verifier.matching import match_result, match_written_result
from verifier.report import result_json
from verifier.service import CheckedCredential, CheckResult

VECTORS = Path(__file__).parent.parent / "vectors"

AULUS = "Agerius, Aulus 2003-03-03"


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (AULUS, MatchOutcome.MATCH),
        ("Agerius, Aulus Gaius 2003-03-03", MatchOutcome.BY_EYE),
        ("Negidius, Numerius 2003-03-03", MatchOutcome.DIFFERENT),
    ],
)
def test_what_was_disclosed_is_compared_with_a_passport(
    world: World, line: str, outcome: MatchOutcome
) -> None:
    alice = world.person(11)
    result = world.check(alice.present(world.mint(VACCINATION, alice)))

    (match,) = match_result(result, line)

    assert match.outcome is outcome
    assert match_written_result(result_json(result), parse_passport(line)) == (match,)


def test_a_name_that_was_withheld_is_for_the_eye(world: World) -> None:
    alice = world.person(11)
    shown = alice.present(world.mint(VACCINATION, alice), situation=None, pointers=("/hcid",))

    (match,) = match_result(world.check(shown), AULUS)

    assert [reason.code for reason in match.reasons] == ["name-not-told", "birth-date-not-told"]


def _written(tmp_path: Path, name: str = "Aulus Agerius") -> Path:
    claims = [
        {"pointer": "/credentialSubject/name", "label": "Name", "display": name},
        {"pointer": "/credentialSubject/birthDate", "label": "Date of birth", "display": "2003-03-03"},
    ]
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"outcome": "accepted", "credentials": [{"claims": claims}]}))
    return path


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("Aulus Agerius", 0, "THE SAME\n  [name-equal] The names are the same.\n"),
        ("Numerius Negidius", 1, "DIFFERENT\n  [name-differs] The names differ.\n"),
        ("Agerius", 3, "CHECK BY EYE\n  [name-missing]"),
    ],
)
def test_the_command_says_the_same_different_or_by_eye(
    tmp_path: Path, name: str, code: int, told: str
) -> None:
    run = CliRunner().invoke(app, ["match", str(_written(tmp_path, name)), "-"], input=AULUS)

    assert run.exit_code == code
    assert run.output.startswith(told)


AULUS_ZONE = "P<UTOAGERIUS<<AULUS<<<<<<<<<<<<<<<<<<<<<<<<<\nL898902C36UTO0303033M3004157<<<<<<<<<<<<<<<6"


@pytest.mark.parametrize("line", [AULUS, "Agerius, Aulus, 2003-03-03", AULUS_ZONE])
def test_the_passport_line_may_be_typed(tmp_path: Path, line: str) -> None:
    run = CliRunner().invoke(app, ["match", str(_written(tmp_path)), line])

    assert (run.exit_code, run.output.splitlines()[0]) == (0, "THE SAME"), run.output


def test_the_passport_line_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "passport.txt"
    file.write_text(AULUS_ZONE)

    for given in (str(file), f"@{file}"):
        run = CliRunner().invoke(app, ["match", str(_written(tmp_path)), given])
        assert run.exit_code == 0, run.output


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ("passport.txt", 4, "there is no such file, and it has no date"),
        ("passport1.txt", 4, "expected a machine readable zone"),
        ("@passport.txt", 5, "passport.txt"),
        ("AGERIUS, AULUS 2003-02-30", 4, "with a real date"),
        ("P<UTO", 4, "expected three lines of 30"),
    ],
)
def test_what_is_neither_a_line_nor_a_file_is_told_as_both(
    tmp_path: Path, given: str, code: int, told: str
) -> None:
    run = CliRunner().invoke(app, ["match", str(_written(tmp_path)), given])

    assert run.exit_code == code
    assert told in run.output


def test_the_command_writes_json(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["match", str(_written(tmp_path)), "-", "--json"], input=AULUS)

    written = json.loads(run.output)
    assert (written["outcome"], written["credentials"][0]["outcome"]) == ("match", "match")


@pytest.mark.parametrize("line", ["", "P<UTO", "Agerius 2003-02-30", "\xff"])
def test_a_passport_line_that_is_none_is_refused(tmp_path: Path, line: str) -> None:
    passport = tmp_path / "passport.txt"
    passport.write_bytes(line.encode("latin-1"))

    run = CliRunner().invoke(app, ["match", str(_written(tmp_path)), str(passport)])

    assert run.exit_code not in (0, 1, 3)


@pytest.mark.parametrize("result", [{}, {"credentials": []}, {"credentials": {}}])
def test_json_of_another_kind_is_refused(result: JSONObject) -> None:
    with pytest.raises(MalformedValueError, match="check --json"):
        match_written_result(result, parse_passport(AULUS))


def test_a_paper_certificate_is_compared_by_what_it_states() -> None:
    sample = json.loads((VECTORS / "eu-dcc" / "countries" / "AT" / "1.json").read_text())
    checked = CheckedCredential(Verdict(()), certificate=read_certificate(sample["PREFIX"]))
    result = CheckResult(Verdict(()), (checked,))
    line = "Musterfrau-Gößinger, Gabriele 1998-02-26"

    (match,) = match_result(result, line)

    assert match.outcome is MatchOutcome.MATCH
    assert match_written_result(result_json(result), parse_passport(line)) == (match,)
