"""`ddcc verifier rules` and `check --rules`: sets come from files and are asked of what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.verifier.rule_samples import BOOSTED, DOSES, PRODUCT
from tests.world import VACCINATION, World
from vclib.proofs import drop_base_proofs
from vclib.strict_json import dump_json
from verifier.cli import app

VECTORS = Path(__file__).parent.parent / "vectors" / "eu-rules"


def run(*arguments: str | Path, home: Path | None = None) -> Any:  # Any: typer's Result
    named = [str(argument) for argument in arguments]
    return CliRunner().invoke(app, [*named, *(["--home", str(home)] if home else [])])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "verifier"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.json"
    path.write_text(json.dumps([DOSES, BOOSTED]))
    return path


def test_the_files_of_the_eu_are_imported_as_one_set(home: Path) -> None:
    imported = run("rules", "import", "eu", VECTORS / "rules", VECTORS / "valueSets.json", home=home)

    assert imported.exit_code == 0, imported.output
    assert imported.output == "eu: 25 rules of DE, EU, 9 value sets\n"
    listed = json.loads(run("rules", "list", "--json", home=home).output)
    assert [(each["name"], each["rules"], each["ageDays"]) for each in listed["sets"]] == [("eu", 25, 0)]


def test_a_value_set_that_rules_read_and_nobody_gave_is_told(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_text(json.dumps(PRODUCT))

    imported = run("rules", "import", "own", path, home=home)

    assert "the value set vaccines-covid-19-names is not among them" in imported.output


def test_a_set_is_shown_with_its_digest_and_the_sentences_of_a_language(home: Path) -> None:
    run("rules", "import", "eu", VECTORS / "rules", home=home)

    shown = run("rules", "show", "eu", "--country", "DE", "--lang", "de", home=home)
    told = json.loads(run("rules", "show", "eu", "--country", "DE", "--json", home=home).output)

    assert shown.exit_code == 0
    assert f"sha256 {told['digest']}" in shown.output
    assert "VR-DE-0001" in shown.output
    assert "VR-EU-0001" not in shown.output
    assert {"v.0.dn", "v.0.sd"} <= set(
        next(each["reads"] for each in told["listed"] if each["identifier"] == "VR-DE-0001")
    )


def test_an_existing_set_is_replaced_only_when_told(home: Path, own: Path) -> None:
    assert run("rules", "import", "own", own, home=home).exit_code == 0
    again = run("rules", "import", "own", own, home=home)
    assert again.exit_code != 0
    assert "use --force" in again.output
    assert run("rules", "import", "own", own, "--force", home=home).exit_code == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[", "expected JSON"),
        ("[]", "expected rules, found none"),
        (json.dumps([{**DOSES, "Logic": {"or": [1, 2]}}]), 'VR-XX-0001: Logic: unrecognised operator: "or"'),
    ],
)
def test_a_file_that_holds_no_rules_is_refused_by_name(
    home: Path, tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)

    imported = run("rules", "import", "bad", path, home=home)

    assert imported.exit_code not in (0, 1)
    assert told in imported.output
    assert not (home / "rules").exists()


def test_an_empty_folder_and_a_missing_home_are_refused(tmp_path: Path, home: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "no .json file" in run("rules", "import", "x", tmp_path / "empty", home=home).output
    assert "DDCC_VERIFIER_HOME" in run("rules", "list").output


def test_rules_are_checked_by_their_own_tests() -> None:
    checked = run("rules", "check", VECTORS / "rules" / "DE.json")

    assert checked.exit_code == 0
    assert checked.output == (
        "11 rules of DE can be evaluated\n68 of 68 tests that came with them give what they say\n"
    )


def test_a_rule_that_fails_its_own_test_is_told(tmp_path: Path) -> None:
    case = {"payload": {"v": [{"dn": 1}]}, "external": {}, "expected": False}
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"VR-XX-0001": {"rule": DOSES, "tests": [case]}}))

    checked = run("rules", "check", path)

    assert checked.exit_code == 1
    assert "x VR-XX-0001 1.0.0: test 1" in checked.output


def test_a_set_is_removed_unless_the_settings_name_it(home: Path, own: Path) -> None:
    run("rules", "import", "own", own, home=home)
    (home / "verifier.toml").write_text('rules = "own"\nrules_country = "XX"\n')
    assert "change that first" in run("rules", "remove", "own", home=home).output
    (home / "verifier.toml").unlink()

    assert run("rules", "remove", "own", home=home).exit_code == 0
    assert "no rule set" in run("rules", "remove", "own", home=home).output


@pytest.fixture
def presented(world: World, tmp_path: Path) -> Path:
    path = tmp_path / "credential.json"
    path.write_text(dump_json(drop_base_proofs(world.mint(VACCINATION, world.person(11)))))
    return path


def _check(presented: Path, home: Path, *options: str) -> Any:
    arguments = ["check", presented, "--offline", "--at", "2026-07-01T12:00:00Z", "--json", *options]
    return run(*arguments, home=home)


def test_what_is_checked_is_asked_the_rules_that_are_named(presented: Path, home: Path, own: Path) -> None:
    run("rules", "import", "own", own, home=home)

    checked = _check(presented, home, "--rules", "own", "--country", "XX")

    assert checked.exit_code == 1
    told = {reason["code"]: reason.get("detail") for reason in json.loads(checked.output)["reasons"]}
    assert told["rules-not-met"] == "VR-XX-0002: At least three doses."


def test_what_is_checked_is_asked_the_rules_of_the_settings(presented: Path, home: Path, own: Path) -> None:
    run("rules", "import", "own", own, home=home)
    (home / "verifier.toml").write_text('rules = "own"\nrules_country = "XX"\n')

    checked = _check(presented, home)

    assert "rules-not-met" in [reason["code"] for reason in json.loads(checked.output)["reasons"]]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--rules", "own"), "--rules and --country belong together"),
        (("--rules", "other", "--country", "XX"), "no rule set 'other'"),
        (("--rules", "own", "--country", "xx"), "two capital letters"),
    ],
)
def test_rules_that_are_not_there_are_our_own_mistake(
    presented: Path, home: Path, own: Path, options: tuple[str, ...], told: str
) -> None:
    run("rules", "import", "own", own, home=home)

    checked = _check(presented, home, *options)

    assert checked.exit_code not in (0, 1, 3)
    assert told in checked.output


def test_rules_without_a_folder_are_our_own_mistake(presented: Path) -> None:
    assert "--rules needs the folder" in run("check", presented, "--rules", "own", "--country", "XX").output
