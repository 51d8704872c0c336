"""The same tasks as numbered questions, line by line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.oid4vci import TxCode
from protocols.oid4vp import ClaimReason, purpose_info
from tests.tui.stage import Stage
from tests.wallet.conftest import CHEAP, PASSPHRASE
from tests.wallet.scripted import TX_CODE, ScriptedIssuer
from tests.wallet.scripted_verifier import DOSE, ScriptedVerifier
from tests.wallet.test_phrases import PHRASE
from tests.world import VACCINATION
from wallet.plain import PlainWallet, ask_hidden


def play(stage: Stage, *lines: str, hidden: tuple[str, ...] = (), link: str | None = None) -> str:
    """Answer the questions with lines, the hidden ones with others; return what was told."""
    told: list[str] = []
    answers, secrets = iter(lines), iter(hidden)

    def next_of(source: Iterator[str], question: str) -> str:
        told.append(question)
        try:
            return next(source)
        except StopIteration:
            raise EOFError from None

    PlainWallet(
        stage.desk,
        ask=lambda question: next_of(answers, question),
        ask_hidden=lambda question: next_of(secrets, question),
        tell=told.append,
    ).run(link)
    return "\n".join(told)


def test_a_wallet_is_made_and_tried(stage: Stage) -> None:
    told = play(stage, "Anna", "10", "1", "1", "0", hidden=(PASSPHRASE, PASSPHRASE))
    assert "Saved in the wallet: Vaccination status, Alex Example" in told
    assert "Disease: COVID-19" in told


def test_an_offer_is_received_with_its_code(stage: Stage) -> None:
    stage.create("Anna")
    issuer = ScriptedIssuer(stage.world, tx_code=TxCode(length=6))
    stage.exchange = issuer
    told = play(stage, "yes", "0", hidden=("000000", TX_CODE), link=issuer.link)
    assert "The issuer does not take this code." in told
    assert "Saved in the wallet: Vaccination status, Aulus Agerius" in told


@pytest.mark.parametrize(("typed", "answers"), [("share", 1), ("yes", 0), ("", 0)])
def test_only_the_typed_word_shares(stage: Stage, typed: str, answers: int) -> None:
    """L2, L4."""
    stage.create("Anna")
    stage.hold(VACCINATION)
    verifier = stage.asked_by(ScriptedVerifier(stage.world))
    told = play(stage, typed, "no", "0", link=verifier.link)
    assert "did:web:venue.example, proven" in told
    assert "Name: Aulus Agerius (asked, recognisable)" in told
    assert len(verifier.responses) == answers


def test_a_presentation_is_written_as_a_picture(stage: Stage, tmp_path: Path) -> None:
    stage.create("Anna")
    stage.hold(VACCINATION)
    picture = tmp_path / "code.png"
    told = play(stage, "3", "1", "1", "", str(picture), "share", "0")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.as_uri() in told


def test_why_each_value_is_asked_for_is_told_inertly(stage: Stage) -> None:
    """J6."""
    stage.create("Anna")
    stage.hold(VACCINATION)
    verifier = stage.asked_by(ScriptedVerifier(stage.world))
    why = ClaimReason(DOSE, "needed by rule VR-XX-0001: \x1b[2Jtwo doses")
    verifier.asked = replace(verifier.asked, verifier_info=(purpose_info("Entry", "venue", reasons=[why]),))
    told = play(stage, "", "no", "0", link=verifier.link)
    assert "Dose number: needed by rule VR-XX-0001: <U+001B>[2Jtwo doses" in told
    assert "\x1b" not in told


def test_what_fails_is_told_with_what_left(stage: Stage) -> None:
    stage.create("Anna")
    verifier = ScriptedVerifier(stage.world)
    told = play(stage, "0", link=verifier.link)
    assert "Did anything leave the wallet?: No, nothing." in told


def test_a_recovery_phrase_is_made_asked_back_and_opens_the_wallet(stage: Stage) -> None:
    """K11: a word that was not written down saves nothing."""
    stage.create("Anna")
    refused = play(stage, "9", "yes", "0", hidden=("zzz", "zzz", "zzz"))
    assert "is another one; look at what you wrote down" in refused
    assert not stage.desk.safekeeping.has_phrase
    stage.desk.holder.recovery.set(PHRASE, parameters=CHEAP)
    stage.desk.lock()
    told = play(stage, "0", hidden=(f" {PHRASE.upper()}", "quite another phrase", "quite another phrase"))
    assert "It opens with the recovery phrase" in told
    stage.desk.lock()
    stage.desk.unlock("quite another phrase")


def test_the_history_is_deleted_and_written_after_a_typed_word(stage: Stage, tmp_path: Path) -> None:
    stage.create("Anna")
    play(stage, "4", "", "0")
    play(stage, "4", str(tmp_path / "history.json"), "0")
    assert '"new-key"' in (tmp_path / "history.json").read_text()
    play(stage, "4", "delete", "0")
    assert [entry.action for entry in stage.desk.history()] == ["Deleted the history"]


def test_what_is_told_names_no_key(stage: Stage) -> None:
    stage.create("Anna").hold(VACCINATION)
    told = play(stage, "1", "1", "0")
    assert "Whether the issuer revoked it was never asked." in told
    assert "Press u" not in told


def test_a_passphrase_that_is_piped_in_is_read_like_any_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("from a pipe\n"))
    assert ask_hidden("Passphrase: ") == "from a pipe"


def test_a_passphrase_that_is_typed_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda question: f"typed after {question}")
    assert ask_hidden("Passphrase: ") == "typed after Passphrase: "
