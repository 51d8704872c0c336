"""verifier.page_result: which colour a result has, and what of it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vclib.strict_json import JSONObject
from verifier.page_clock import differs
from verifier.page_result import Tone, show_result, show_trouble
from verifier.page_words import REASONS, language_of, words_of

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
ENGLISH, FRENCH = words_of("en"), words_of("fr")


def credential(**members: object) -> JSONObject:
    """A credential of which everything is in order, but for `members`."""
    written: JSONObject = {
        "verdict": {"outcome": "accepted", "reasons": [], "issuerName": "Ministry"},
        "issuer": "did:web:ministry.example",
        "validity": "valid",
        "cryptosuites": ["ecdsa-sd-2023"],
        "status": [{"purpose": "revocation", "checked": True, "set": False}],
        "binding": "bound",
        "claims": [
            {"pointer": "/type", "label": "Kind of credential", "display": "Vaccination status"},
            {"pointer": "/credentialSubject/name", "label": "Name", "display": "Mira"},
            {"pointer": "/credentialSubject/birthDate", "label": "Date of birth", "display": "1984-11-02"},
            {"pointer": "/credentialSubject/sex", "label": "Sex", "display": "Female"},
        ],
    }
    return {**written, **members}  # type: ignore[dict-item]  # tests also leave things out


def result(*reasons: tuple[str, str], outcome: str = "accepted", **members: object) -> JSONObject:
    return {
        "outcome": outcome,
        "reasons": [{"code": code, "severity": severity, "message": "."} for code, severity in reasons],
        "credentials": [credential(**members)],
    }


def tone(found: JSONObject) -> Tone:
    return show_result(found, ENGLISH, now=NOW).tone


def test_green_appears_where_everything_is_positive() -> None:
    """M1."""
    shown = show_result(result(), ENGLISH, now=NOW)
    assert (shown.tone, shown.word) == (Tone.ACCEPTED, "Accepted")


@pytest.mark.parametrize(
    "missing",
    [
        {"verdict": {"outcome": "accepted", "reasons": []}},
        {"verdict": None},
        {"validity": "expired"},
        {"validity": None},
        {"cryptosuites": []},
        {"status": None},
        {"status": [{"purpose": "revocation", "checked": False}]},
        {"status": ["revocation"]},
    ],
)
def test_what_was_accepted_without_one_positive_check_is_not_green(missing: JSONObject) -> None:
    """M1: whatever says "accepted", every part is looked at again."""
    assert tone(result(**missing)) is Tone.UNCLEAR


@pytest.mark.parametrize("code", ["schema-not-checked", "resource-not-checked", "a-note-of-tomorrow"])
def test_a_note_that_something_was_not_checked_is_amber_with_its_reason(code: str) -> None:
    """M1."""
    shown = show_result(result((code, "note")), ENGLISH, now=NOW)
    assert shown.tone is Tone.UNCLEAR
    assert [line.text for line in shown.reasons] == [REASONS.get(code, ".")]


@pytest.mark.parametrize("binding", ["unbound", "not-proven", None])
def test_what_is_bound_to_nobody_is_compared_first(binding: str | None) -> None:
    """M1: a copy looks like the original, so somebody has to look at the person."""
    assert tone(result(binding=binding)) is Tone.COMPARE
    assert tone(result(("not-bound", "note"), binding="bound")) is Tone.COMPARE


@pytest.mark.parametrize("code", ["newer-available", "old-copy", "status-message", "other-signer"])
def test_a_note_that_changes_nothing_leaves_it_green_and_is_told(code: str) -> None:
    shown = show_result(result((code, "note")), ENGLISH, now=NOW)
    assert (shown.tone, len(shown.notes)) == (Tone.ACCEPTED, 1)


def test_no_credential_is_not_green() -> None:
    """M1."""
    assert tone({"outcome": "accepted", "reasons": [], "credentials": []}) is Tone.UNCLEAR
    assert tone({"outcome": "accepted"}) is Tone.UNCLEAR
    assert tone({}) is Tone.UNCLEAR


def test_undecided_is_amber_and_refused_is_red_with_the_reason() -> None:
    shown = show_result(result(("not-checked", "undecided"), outcome="undecided"), ENGLISH, now=NOW)
    assert (shown.tone, shown.word) == (Tone.UNCLEAR, "Unclear")
    shown = show_result(
        result(("old-copy", "undecided"), ("revoked", "refuse"), outcome="refused"), ENGLISH, now=NOW
    )
    assert (shown.tone, shown.word) == (Tone.REFUSED, "Refused")
    assert [line.text for line in shown.reasons] == ["Its issuer has withdrawn it."]


def test_the_worst_of_several_presentations_decides() -> None:
    two: JSONObject = {"outcome": "refused", "presentations": [result(), result(("expired", "refuse"))]}
    shown = show_result(two, ENGLISH, now=NOW)
    assert (shown.tone, len(shown.credentials)) == (Tone.REFUSED, 2)


def test_a_wallet_that_sent_nothing_is_unclear_and_never_refused() -> None:
    shown = show_result({"outcome": "none", "error": "access_denied"}, ENGLISH, now=NOW)
    assert (shown.tone, shown.credentials) == (Tone.UNCLEAR, ())


def test_name_and_birth_date_stand_apart_from_the_other_facts() -> None:
    (shown,) = show_result(result(), ENGLISH, now=NOW).credentials
    assert (shown.name, shown.birth_date, shown.kind) == ("Mira", "2 November 1984", "Vaccination status")
    assert [(fact.label, fact.text) for fact in shown.facts] == [("Sex", "Female")]


def paper(*reasons: tuple[str, str], **members: object) -> JSONObject:
    """A paper code that a known signer has signed."""
    certificate: JSONObject = {
        "verdict": {"outcome": "accepted", "reasons": [], "issuerName": "Ministry"},
        "format": "eu-dcc",
        "kind": "vaccination",
        "name": "Mira Sandovar-Lind",
        "birthDate": "1984-11",
        "algorithm": "ES256",
        "signer": "00aa",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "claims": [{"pointer": "/v/0/dn", "label": "Dose", "display": "2"}],
        **members,  # type: ignore[dict-item]
    }
    return {**result(("not-bound", "note"), *reasons), "credentials": [certificate]}


def test_paper_is_compared_and_told_by_name() -> None:
    """M1."""
    shown = show_result(paper(), ENGLISH, now=NOW)
    assert shown.tone is Tone.COMPARE
    (told,) = shown.credentials
    assert (told.name, told.birth_date, told.kind) == (
        "Mira Sandovar-Lind",
        "1984-11",
        "Vaccination, on paper",
    )


@pytest.mark.parametrize(
    "missing",
    [
        {"validUntil": "2026-06-30T00:00:00Z"},
        {"validFrom": "2026-07-02T00:00:00Z"},
        {"signer": ""},
        {"algorithm": None},
        {"verdict": {"outcome": "accepted", "reasons": []}},
    ],
)
def test_paper_without_one_positive_check_is_unclear(missing: JSONObject) -> None:
    """M1."""
    assert tone(paper(**missing)) is Tone.UNCLEAR


def test_paper_that_nobody_could_know_to_be_withdrawn_is_amber_unless_the_settings_accept_it() -> None:
    """M1: a status that was not looked up is not a good one."""
    found = paper(("no-status", "note"))
    assert tone(found) is Tone.UNCLEAR
    accepted = show_result(found, ENGLISH, now=NOW, accept_without_status=True)
    assert (accepted.tone, len(accepted.notes)) == (Tone.COMPARE, 2)


def test_a_test_system_never_shows_green() -> None:
    """M1, I6."""
    assert tone(result(("test-lists", "note"))) is Tone.UNCLEAR


def test_a_result_is_told_in_french() -> None:
    shown = show_result(result(("revoked", "refuse"), outcome="refused"), FRENCH, now=NOW)
    assert (shown.word, shown.reasons[0].text) == ("Refusé", "Son émetteur l’a retiré.")
    (facts,) = shown.credentials
    assert (facts.birth_date, facts.kind) == ("2 novembre 1984", "Statut vaccinal")
    assert [(fact.label, fact.text) for fact in facts.facts] == [("Sexe", "Féminin")]


def test_a_rule_that_is_not_met_is_told_in_its_own_sentence() -> None:
    found: JSONObject = {
        "outcome": "refused",
        "reasons": [{"code": "rules-not-met", "severity": "refuse", "message": "Two doses are needed."}],
    }
    found["reasons"][0]["detail"] = "VR-DE-0001: Zwei Dosen."  # type: ignore[index,call-overload]
    ours, theirs = show_result(found, FRENCH, now=NOW).reasons
    assert (ours.text, ours.language) == ("Une règle demandée ici n’est pas remplie.", None)
    assert (theirs.text, theirs.language) == ("VR-DE-0001: Zwei Dosen.", "")


@pytest.mark.parametrize("code", ["proof-expired", "not-yet-valid"])
def test_what_was_signed_at_another_time_lets_the_clock_be_doubted(code: str) -> None:
    """M3: either somebody cheats, or the computer's clock is wrong by a day."""
    assert show_result(result((code, "refuse"), outcome="refused"), ENGLISH, now=NOW).doubts_clock


def test_a_list_from_tomorrow_lets_the_clock_be_doubted() -> None:
    """M3."""
    for moment, doubted in (("2026-07-02T12:00:00Z", True), ("2026-07-01T12:04:00Z", False)):
        status = [{"purpose": "revocation", "checked": True, "set": False, "listFrom": moment}]
        assert show_result(result(status=status), ENGLISH, now=NOW).doubts_clock is doubted


def test_two_clocks_that_are_minutes_apart_differ() -> None:
    """M3."""
    assert differs(datetime(2026, 7, 2, 12, 0, tzinfo=UTC), NOW)
    assert not differs(datetime(2026, 7, 1, 12, 2, tzinfo=UTC), NOW)


def test_trouble_is_unclear() -> None:
    assert show_trouble("Nothing was shown.", FRENCH).reasons[0].text == "Rien n’a été montré."


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("fr", ["en"], "fr"),
        (None, ["fr-CH,fr;q=0.9,en;q=0.8"], "fr"),
        (None, ["de,en;q=0.8"], "en"),
        ("xx", [], "en"),
        (None, ["\x00" * 10_000], "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers(
    chosen: str | None, accepted: list[str], language: str
) -> None:
    assert language_of(chosen, accepted) == language
