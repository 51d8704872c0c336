"""`ddcc wallet receive` and `present LINK` from outside: what is printed, and what never appears."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from protocols.oid4vci import TxCode
from protocols.oid4vp import ClaimReason, ErrorResponse, parse_client_id, purpose_info
from runtime.qr import make_qr
from tests.protocols.oid4vp_parties import DID
from tests.wallet.conftest import PASSPHRASE
from tests.wallet.scripted import CODE, ISSUER, TOKEN, TX_CODE, ScriptedIssuer
from tests.wallet.scripted_verifier import CENTRE, DOSE, NAME, ScriptedVerifier, query
from tests.world import VACCINATION, Person, World
from wallet.cli import app
from wallet.holder import Holder

Run = Callable[..., Result]


@pytest.fixture
def issuer(world: World, monkeypatch: pytest.MonkeyPatch) -> ScriptedIssuer:
    scripted = ScriptedIssuer(world)
    monkeypatch.setattr("wallet.cli_receive.Exchanger", lambda **settings: scripted)
    return scripted


@pytest.fixture
def verifier(world: World, monkeypatch: pytest.MonkeyPatch) -> ScriptedVerifier:
    scripted = ScriptedVerifier(world)
    monkeypatch.setattr("wallet.cli_answer.Exchanger", lambda **settings: scripted)
    monkeypatch.setattr("wallet.cli_answer.resolver", lambda **settings: scripted.resolve)
    return scripted


@pytest.fixture
def run(holder: Holder, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the wallet, which holds one key, in an empty folder."""
    holder.close()
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DDCC_WALLET", str(holder.path))
    monkeypatch.setenv("DDCC_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr("wallet.cli_shared.utc_now", lambda: world.clock.now)

    def invoke(*arguments: object, stdin: str = "") -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


@pytest.fixture
def held(holder: Holder, world: World, anna: Person) -> None:
    """Let the wallet hold a vaccination; named before `run`, which closes it."""
    holder.add_credential(world.mint(VACCINATION, anna))


def printed(result: Result) -> Any:  # Any: the shape is what the test asserts
    return json.loads(result.stdout)


# --- receive ------------------------------------------------------------------------------------


def test_an_offer_is_shown_asked_for_and_received(issuer: ScriptedIssuer, run: Run) -> None:
    result = run("receive", issuer.link, stdin="y\n")
    assert result.exit_code == 0
    assert (
        f'{ISSUER}, which calls itself "Ministry of Health" (nobody has checked that) offers:'
        in result.stderr
    )
    assert "Vaccination certificate (VerifiableCredential, VaccinationStatusCredential)" in result.stderr
    assert "bound to: Anna (did:key:zDna" in result.stderr
    assert "received  " in result.stdout
    assert "is only that address's word" in result.stdout


@pytest.mark.parametrize("said", ["n\n", "\n", "", "Y E S\n"])
def test_anything_but_yes_redeems_nothing(issuer: ScriptedIssuer, run: Run, said: str) -> None:
    result = run("receive", issuer.link, stdin=said)
    assert (result.exit_code, "nothing was received" in result.stderr) == (1, True)
    assert "/token" not in issuer.paths()


@pytest.mark.parametrize("form", ["picture", "text", "-"])
def test_an_offer_need_not_be_an_argument(issuer: ScriptedIssuer, run: Run, form: str) -> None:
    """K8: arguments are readable by every user of the machine."""
    Path("offer.png").write_bytes(make_qr(issuer.link).png())
    Path("offer.txt").write_text(issuer.link + "\n")
    argument = {"picture": "offer.png", "text": "offer.txt", "-": "-"}[form]
    result = run("receive", argument, "--yes", "--json", stdin=issuer.link if form == "-" else "")
    assert result.exit_code == 0
    assert len(printed(result)["credentials"]) == 1


def test_a_transaction_code_comes_from_a_file_and_is_no_option(issuer: ScriptedIssuer, run: Run) -> None:
    """K8."""
    issuer.tx_code = TxCode(length=6, description="The code sent to your phone")
    Path("code.txt").write_text(f"{TX_CODE}\n")
    assert run("receive", issuer.link, "--yes", "--tx-code", TX_CODE).exit_code == 2
    result = run("receive", issuer.link, "--yes", "--tx-code-file", "code.txt")
    assert result.exit_code == 0
    assert "a transaction code is needed. The code sent to your phone" in result.stderr


def test_a_wrong_transaction_code_of_a_file_is_tried_once(issuer: ScriptedIssuer, run: Run) -> None:
    issuer.tx_code = TxCode()
    Path("code.txt").write_text("000000\n")
    result = run("receive", issuer.link, "--yes", "--tx-code-file", "code.txt")
    assert result.exit_code == 1
    assert "error: [invalid_grant]" in result.stderr
    assert issuer.paths().count("/token") == 1


def test_a_transaction_code_that_nobody_can_be_asked_for_is_a_matter_of_usage(
    issuer: ScriptedIssuer, run: Run
) -> None:
    issuer.tx_code = TxCode()
    result = run("receive", issuer.link, "--yes")
    assert result.exit_code == 2
    assert "--tx-code-file FILE" in result.stderr


def test_a_lost_answer_is_completed_by_the_same_command(issuer: ScriptedIssuer, run: Run) -> None:
    """F10."""
    issuer.lose = {"/credential"}
    lost = run("receive", issuer.link, "--yes")
    assert lost.exit_code == 3
    assert "the same command again, or --resume, completes it" in lost.stderr
    assert run("receive", issuer.link, "--yes").exit_code == 0
    assert len(printed(run("list", "--json"))["credentials"]) == 1


def test_what_is_promised_for_later_is_resumed(issuer: ScriptedIssuer, run: Run, world: World) -> None:
    issuer.deferrals = 1
    first = run("receive", issuer.link, "--yes")
    assert first.exit_code == 0
    assert "ddcc wallet receive --resume, not before 2026-07-01T12:00:05Z" in first.stdout
    world.clock.advance(seconds=5)
    assert len(printed(run("receive", "--resume", "--json"))["credentials"]) == 1
    assert "there is nothing to receive" in run("receive", "--resume").stdout


def test_a_refused_credential_is_named_and_not_kept(issuer: ScriptedIssuer, run: Run) -> None:
    """F13."""
    issuer.change = lambda document, number: {**document, "validUntil": "2099-01-01T00:00:00Z"}
    result = run("receive", issuer.link, "--yes")
    assert result.exit_code == 1
    assert "it is not in the wallet, and the issuer was told" in result.stderr
    assert printed(run("list", "--json"))["credentials"] == []


@pytest.mark.parametrize("argument", ["http://issuer.example/offer", "javascript:alert(1)", "no-such-file"])
def test_what_is_no_offer_is_bad_input(run: Run, issuer: ScriptedIssuer, argument: str) -> None:
    """F12."""
    result = run("receive", argument, "--yes")
    assert result.exit_code == 4
    assert "expected a link that begins with openid-credential-offer://" in result.stderr
    assert issuer.requests == []


def test_an_offer_and_resume_exclude_each_other(issuer: ScriptedIssuer, run: Run) -> None:
    assert run("receive").exit_code == 2
    assert run("receive", issuer.link, "--resume").exit_code == 2


def test_text_of_an_issuer_cannot_control_the_terminal(issuer: ScriptedIssuer, run: Run) -> None:
    """J6."""
    issuer.tx_code = TxCode(description="\x1b[2Jtype \u202eit")
    Path("code.txt").write_text(TX_CODE)
    result = run("receive", issuer.link, "--yes", "--tx-code-file", "code.txt")
    assert "\x1b" not in result.output
    assert "<U+001B>[2Jtype <U+202E>it" in result.stderr


def test_codes_and_tokens_are_printed_nowhere(issuer: ScriptedIssuer, run: Run) -> None:
    """K8."""
    issuer.tx_code = TxCode()
    Path("code.txt").write_text(TX_CODE)
    issuer.lose = {"/credential"}
    outputs = [run("receive", issuer.link, "--yes", "--tx-code-file", "code.txt") for _ in range(3)]
    outputs += [run("history", "--json"), run("history")]
    assert [result.exit_code for result in outputs] == [3, 0, 1, 0, 0]
    for secret in (CODE, TOKEN, TX_CODE):
        assert not any(secret in result.output for result in outputs)


# --- present ------------------------------------------------------------------------------------


def test_a_request_is_shown_asked_for_and_answered(
    verifier: ScriptedVerifier, held: None, run: Run, world: World
) -> None:
    reason = ClaimReason(
        ("credentialSubject", "vaccination", "dose"), "needed by rule VR-XX-0001: \x1b[2JTwo."
    )
    info = purpose_info("Entry to the concert", reasons=[reason])
    verifier.asked = replace(verifier.asked, verifier_info=(info,))
    verifier.redirect_uri = "https://venue.example/done#response_code=0123456789"
    result = run("present", verifier.link, stdin="y\n")
    assert result.exit_code == 0
    for line in (
        f"Asked by: {DID} (proven by its signature)",
        "it calls itself: Venue",
        "for, in its own words: Entry to the concert",
        # J6: what the verifier wrote is printed inert.
        "  Dose number: needed by rule VR-XX-0001: <U+001B>[2JTwo.",
        "the answer goes to: https://venue.example/responses/1",
        "    Name: Aulus Agerius",
    ):
        assert line in result.stderr
    assert f"go on at: {verifier.redirect_uri}" in result.stdout
    (presentation,) = verifier.presentations()
    assert presentation["holder"]


@pytest.mark.parametrize("said", ["n\n", "\n", ""])
def test_no_is_the_default_and_the_verifier_learns_nothing(
    verifier: ScriptedVerifier, held: None, run: Run, said: str
) -> None:
    """L4, L5."""
    result = run("present", verifier.link, stdin=said)
    assert (result.exit_code, verifier.responses) == (1, [])
    assert "nothing left the wallet" in result.stderr


def test_the_verifier_is_told_of_a_refusal_if_the_holder_says_so(
    verifier: ScriptedVerifier, held: None, run: Run
) -> None:
    """L5."""
    result = run("present", verifier.link, stdin="n\ny\n")
    assert result.exit_code == 1
    assert verifier.responses == [ErrorResponse("access_denied", None, verifier.asked.state)]


@pytest.mark.parametrize("arguments", [[], ["--tell-refusal"]])
def test_that_nothing_matches_is_told_only_on_the_holders_word(
    verifier: ScriptedVerifier, run: Run, arguments: list[str]
) -> None:
    """L5: --yes agrees to present, not to tell that there is nothing."""
    result = run("present", verifier.link, "--yes", *arguments)
    assert result.exit_code == 1
    assert "error: [access_denied]" in result.stderr
    assert len(verifier.responses) == len(arguments)


def test_what_is_beyond_the_purpose_is_asked_about_by_name(
    verifier: ScriptedVerifier, held: None, run: Run
) -> None:
    """L1: it is marked, and neither Enter nor --yes gives it."""
    info = purpose_info("Entry", "venue")
    verifier.asked = replace(verifier.asked, query=query(NAME, DOSE, CENTRE), verifier_info=(info,))
    shown = run("present", verifier.link, stdin="\n")
    assert "BEYOND THE STATED PURPOSE: " in shown.stderr
    assert "Also give what the purpose does not need: " in shown.stderr
    assert run("present", verifier.link, "--yes").exit_code == 2
    assert verifier.responses == []
    assert run("present", verifier.link, "--yes", "--beyond-purpose").exit_code == 0
    assert len(verifier.responses) == 1


def test_a_verifier_that_proves_nothing_is_not_answered_by_yes_alone(
    verifier: ScriptedVerifier, held: None, run: Run
) -> None:
    """L4."""
    client_id = parse_client_id("redirect_uri:https://venue.example/responses/1")
    link = replace(verifier.asked, client_id=client_id).to_url()
    result = run("present", link, "--yes")
    assert (result.exit_code, verifier.responses) == (2, [])
    assert "(NOT PROVEN)" in result.stderr
    assert run("present", link, "--yes", "--unverified").exit_code == 0


def test_a_picture_of_the_code_does_as_well(verifier: ScriptedVerifier, held: None, run: Run) -> None:
    Path("code.png").write_bytes(make_qr(verifier.link).png())
    result = run("present", "code.png", "--yes", "--json")
    assert result.exit_code == 0
    assert printed(result)["verifier"]["name"] == DID
    assert printed(result)["redirectUri"] is None


def test_an_https_link_of_a_wallet_does_as_well(verifier: ScriptedVerifier, held: None, run: Run) -> None:
    link = verifier.link.replace("openid4vp://", "https://wallet.example/present")
    assert run("present", link, "--yes").exit_code == 0


def test_a_link_says_itself_what_is_asked(verifier: ScriptedVerifier, held: None, run: Run) -> None:
    result = run("present", verifier.link, "--for", "venue", "--yes")
    assert (result.exit_code, verifier.requests) == (2, [])


def test_the_holder_chooses_between_credentials(
    verifier: ScriptedVerifier, holder: Holder, world: World, anna: Person, held: None, run: Run
) -> None:
    with Holder.open(
        holder.path, PASSPHRASE, resolve=holder._resolve, clock=lambda: world.clock.now
    ) as again:
        second = again.add_credential(world.mint(VACCINATION, anna, again=True)).view
    result = run("present", verifier.link, stdin="2\ny\n")
    assert result.exit_code == 0
    assert "several credentials answer this" in result.stderr
    history = printed(run("history", "--json"))["history"]
    assert history[-1]["credentials"] == [second.id]


def test_a_request_that_was_answered_is_not_answered_again(
    verifier: ScriptedVerifier, held: None, run: Run
) -> None:
    """L6."""
    assert run("present", verifier.link, "--yes").exit_code == 0
    again = run("present", verifier.link, "--yes")
    assert "was answered already" in again.stderr
    assert (again.exit_code, len(verifier.responses)) == (4, 1)


def test_an_invalid_request_is_refused_by_its_code(verifier: ScriptedVerifier, held: None, run: Run) -> None:
    """E12."""
    result = run("present", "openid4vp://?client_id=origin:https://venue.example&request_uri=https://v/x")
    assert result.exit_code == 1
    assert "error: [invalid_request] client_id: the prefix 'origin' is not supported" in result.stderr
