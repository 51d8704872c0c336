"""`ddcc wallet recovery` and `history` from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.wallet.conftest import PASSPHRASE, Run
from tests.wallet.test_phrases import PHRASE, PUBLISHED
from tests.world import VACCINATION, Person, World
from wallet.phrases import parse_phrase


@pytest.fixture
def phrase(run: Run, owner: Person) -> Path:
    """A wallet with a recovery phrase, and the file where its words are."""
    result = run("recovery", "create", "--out", "words.txt")
    assert result.exit_code == 0
    return Path("words.txt")


def test_a_phrase_is_written_for_its_owner_only_and_nowhere_else(run: Run, owner: Person) -> None:
    """K8, K12."""
    result = run("recovery", "create", "--out", "words.txt", "--json")
    words = Path("words.txt").read_text().strip()
    assert parse_phrase(words) == words
    assert json.loads(result.stdout) == {"recovery": True, "file": "words.txt"}
    assert not any(f" {word} " in result.output for word in words.split())
    assert Path("words.txt").stat().st_mode & 0o077 == 0


def test_without_a_terminal_no_words_are_printed_and_nothing_is_changed(run: Run, owner: Person) -> None:
    """K8."""
    before = Path("wallet.ddcc").read_bytes()
    result = run("recovery", "create")
    assert result.exit_code == 2
    assert "no terminal that could show this and forget it: use --out FILE" in result.stderr
    assert Path("wallet.ddcc").read_bytes() == before


def test_the_phrase_gives_the_wallet_a_new_passphrase(
    run: Run, phrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDCC_NEW_PASSPHRASE", "quite another phrase")
    result = run("recovery", "open", "--phrase-file", phrase)
    assert (result.exit_code, "opens with the new passphrase now" in result.stdout) == (0, True)
    assert run("list").exit_code == 5
    monkeypatch.setenv("DDCC_PASSPHRASE", "quite another phrase")
    assert run("list").exit_code == 0
    assert run("recovery", "check", "--phrase-file", phrase).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (PHRASE.replace("grab", "grabb"), "word 3, 'grabb', is not in the list; perhaps grab?"),
        (PHRASE.replace("ozone drill", "drill ozone"), "the order is wrong"),
        (PUBLISHED[1], "they are not those of this wallet"),
    ],
)
def test_other_words_are_refused_by_name_before_anything_is_asked(
    run: Run, phrase: Path, words: str, message: str
) -> None:
    """K11."""
    before = Path("wallet.ddcc").read_bytes()
    phrase.write_text(words)
    for command in ("open", "check"):
        result = run("recovery", command, "--phrase-file", phrase)
        assert result.exit_code == 5
        assert message in " ".join(result.stderr.split())
    assert Path("wallet.ddcc").read_bytes() == before


def test_a_phrase_is_replaced_and_removed_only_after_a_question(run: Run, phrase: Path) -> None:
    words = phrase.read_text()
    assert run("recovery", "create", "--out", "new.txt", stdin="n\n").exit_code == 1
    assert not Path("new.txt").exists()
    assert run("recovery", "create", "--out", "new.txt", stdin="y\n").exit_code == 0
    assert Path("new.txt").read_text() != words
    assert run("recovery", "check", "--phrase-file", phrase).exit_code == 5
    assert run("recovery", "remove", stdin="\n").exit_code == 1
    assert run("recovery", "remove", "--yes").exit_code == 0
    assert run("recovery", "check", "--phrase-file", "new.txt").exit_code == 5
    assert run("recovery", "remove", "--yes").exit_code == 5


def test_a_backup_is_made_and_restored_with_the_words(
    run: Run, phrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup", "w.backup", "--backup-passphrase-file", phrase).exit_code == 0
    monkeypatch.setenv("DDCC_WALLET", "second.ddcc")
    wrong = Path("wrong.txt")
    wrong.write_text(phrase.read_text().split(" ", 1)[1])
    refused = run("restore", "w.backup", "--backup-passphrase-file", wrong)
    assert (refused.exit_code, "these are 11" in refused.stderr) == (5, True)
    assert not Path("second.ddcc").exists()
    assert run("restore", "w.backup", "--backup-passphrase-file", phrase).exit_code == 0


def test_the_history_is_found_in_exported_and_deleted(run: Run, world: World, owner: Person) -> None:
    Path("credential.json").write_text(json.dumps(world.mint(VACCINATION, owner)))
    run("add", "credential.json")
    assert run("history", "--find", "add DONE").stdout.count("\n") == 1
    assert run("history", "--find", "nowhere").stdout == ""
    assert [entry["action"] for entry in json.loads(run("history", "--json").stdout)["history"]] == [
        "new-key",
        "add",
    ]
    assert run("history", "export", "history.json").exit_code == 0
    assert len(json.loads(Path("history.json").read_text())["history"]) == 2
    assert Path("history.json").stat().st_mode & 0o077 == 0
    assert run("history", "export", "history.json").exit_code == 5
    assert run("history", "delete", stdin="no\n").exit_code == 1
    assert run("history", "delete", "--yes", "--json").stdout.split() == ["{", '"deleted":', "2", "}"]
    assert [entry["action"] for entry in json.loads(run("history", "--json").stdout)["history"]] == ["forget"]
    assert PASSPHRASE not in Path("wallet.ddcc").read_bytes().decode("latin-1")
