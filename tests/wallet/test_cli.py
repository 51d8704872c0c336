"""`ddcc wallet` from outside: what is printed where, which exit code, and what never appears."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from protocols.compact import decode_presentation
from runtime.qr import read_qr
from tests.wallet.conftest import PASSPHRASE, Run
from tests.world import CHALLENGE, RECOVERY, TEST, VACCINATION, VENUE, Person, World
from vclib.did import resolver
from vclib.errors import SealingError
from vclib.proofs import add_proof, proofs_of, without_proofs
from vclib.strict_json import JSONObject
from wallet.cli_shared import open_holder
from wallet.config import WalletConfig

ASKED = ["--challenge", CHALLENGE, "--domain", VENUE]

pytestmark = pytest.mark.usefixtures("at_the_worlds_time")


def _write(document: object, name: str = "credential.json") -> Path:
    path = Path(name)
    path.write_text(json.dumps(document))
    return path


def _json(result: Result) -> Any:  # Any: the shape is what the test asserts
    return json.loads(result.stdout)


# --- making and adding --------------------------------------------------------------------------


def test_a_new_wallet_prints_the_did_to_give_to_an_issuer(run: Run) -> None:
    result = run("init", "--name", "Anna", "--type", "ed25519")
    assert result.exit_code == 0
    assert "made the wallet wallet.ddcc" in result.stdout
    assert "key Anna (Ed25519): did:key:z6Mk" in result.stdout


def test_a_second_wallet_does_not_replace_the_first(run: Run, owner: Person) -> None:
    before = Path("wallet.ddcc").read_bytes()
    result = run("init")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: [configuration] there is a file already at wallet.ddcc")
    assert Path("wallet.ddcc").read_bytes() == before


def test_an_unknown_key_type_is_a_matter_of_usage(run: Run) -> None:
    result = run("init", "--type", "RSA")
    assert (result.exit_code, Path("wallet.ddcc").exists()) == (2, False)
    assert "expected a key type of P-256 and Ed25519, found 'RSA'" in result.stderr


def test_more_keys_are_made_and_listed(run: Run, owner: Person) -> None:
    assert run("did", "new", "--name", "Ben").exit_code == 0
    names = [key["name"] for key in _json(run("did", "list", "--json"))["keys"]]
    assert names == ["Anna", "Ben"]
    assert owner.did in run("did", "list").stdout


def test_a_credential_is_added_listed_and_shown(run: Run, owner: Person, world: World) -> None:
    added = run("add", _write(world.mint(VACCINATION, owner)))
    assert added.exit_code == 0
    assert "Vaccination status of Aulus Agerius, from Ministry of Health" in added.stdout
    listed = run("list")
    assert "valid until 2027-07-01, key Anna" in listed.stdout
    assert "saved 3 times" in listed.stdout
    (view,) = _json(run("list", "--json"))["credentials"]
    shown = run("show", view["id"][:6])
    assert "  Lot number: PT123F\n" in shown.stdout
    assert "  Proofs: ecdsa-sd-2023 (selective), ecdsa-rdfc-2019\n" in shown.stdout


def test_several_files_are_added_and_the_bad_one_is_named(run: Run, owner: Person, world: World) -> None:
    good = _write([world.mint(VACCINATION, owner), world.mint(TEST, owner)], "good.json")
    forged = world.mint(RECOVERY, owner)
    forged["credentialSubject"]["name"] = "Somebody"  # type: ignore[index,call-overload]
    result = run("add", _write(forged, "forged.json"), "missing.json", good)
    assert result.exit_code == 1
    assert "warning: forged.json was not added" in result.stderr
    assert "error: [invalid-signature]" in result.stderr or "error: [proof-verification]" in result.stderr
    assert "error: [store] cannot read missing.json: no such file or directory" in result.stderr
    assert len(_json(run("list", "--json"))["credentials"]) == 2


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("{", 4, "error: [parsing] expected JSON"),
        ('{"type": 1, "type": 2}', 4, "error: [parsing] the key 'type' occurs twice"),
        ("[]", 4, "error: [malformed-value] expected a credential, or an array of credentials"),
        ("[1]", 4, "error: [malformed-value] expected a credential, or an array of credentials"),
        ("[" * 100_000, 4, "error: [complexity] JSON is nested deeper than 64 levels"),
        ('{"a": "' + "x" * 5_000_000 + '"}', 4, "error: [complexity] "),
        ("{}", 4, "error: [malformed-value]"),
    ],
)
def test_bad_input_is_one_named_line_without_a_traceback(
    run: Run, owner: Person, content: str, code: int, line: str
) -> None:
    """A12, B2, B3, J4."""
    Path("bad.json").write_text(content)
    result = run("add", "bad.json")
    assert result.exit_code == code
    assert result.stderr.splitlines()[-1].startswith(line)
    assert "Traceback" not in result.output
    assert _json(run("list", "--json"))["credentials"] == []


def test_somebody_elses_credential_is_refused(run: Run, owner: Person, world: World) -> None:
    """E4."""
    result = run("add", _write(world.mint(VACCINATION, world.person(12))))
    assert result.exit_code == 1
    assert "error: [holder-binding]" in result.stderr
    assert run("add", "credential.json", "--not-mine").exit_code == 0


def test_a_credential_is_removed_only_after_asking(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(VACCINATION, owner)))
    (view,) = _json(run("list", "--json"))["credentials"]
    assert run("remove", view["id"], stdin="\n").exit_code == 1
    assert len(_json(run("list", "--json"))["credentials"]) == 1
    assert run("remove", view["id"], "--yes").exit_code == 0
    assert _json(run("list", "--json"))["credentials"] == []


# --- presenting ---------------------------------------------------------------------------------


def test_what_leaves_is_shown_before_it_is_asked_and_no_is_the_default(
    run: Run, owner: Person, world: World
) -> None:
    """L2, L4."""
    run("add", _write(world.mint(VACCINATION, owner)))
    result = run("present", "--for", "venue", *ASKED, stdin="\n")
    assert result.exit_code == 1
    assert result.stdout == ""
    question = result.stderr.index("Let this leave the wallet? [y/N]")
    for shown in (
        "for https://venue.example",
        "disclosed as asked:\n    Name: Aulus Agerius\n",
        "cannot be withheld (the issuer made it mandatory):",
        "two presentations can be linked by:",
        "stays in the wallet: Health certificate identifier",
        f"Signed with: Anna ({owner.did})",
    ):
        assert shown in result.stderr[:question]
    assert "nothing left the wallet" in result.stderr
    assert _json(run("history", "--json"))["history"][-1]["outcome"] == "declined"


def test_yes_signs_and_prints_the_presentation_alone(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(VACCINATION, owner)))
    result = run("present", "--for", "venue", *ASKED, stdin="y\n")
    assert result.exit_code == 0
    assert world.check(_json(result)).verdict.outcome == "accepted"


def test_files_and_codes_hold_the_same_presentation(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(VACCINATION, owner)))
    result = run(
        *("present", "--for", "venue", *ASKED, "--yes", "--out", "p.json", "--qr", "p.png", "--json")
    )
    assert result.exit_code == 0
    written = json.loads(Path("p.json").read_text())
    assert decode_presentation(read_qr(Path("p.png").read_bytes())) == written
    assert _json(result)["presentation"] == written
    assert Path("p.json").stat().st_mode & 0o777 == 0o600
    assert world.check(written).verdict.outcome == "accepted"


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
@pytest.mark.parametrize("record", [VACCINATION, TEST, RECOVERY])
def test_a_venue_presentation_is_small_enough_to_scan(
    run: Run, owner: Person, world: World, suite: str, record: JSONObject
) -> None:
    """Version 25 or less: 117 modules, which a telephone reads off another one's screen."""
    credential = world.mint(record, None if suite == "bbs-2023" else owner, suite=suite)
    run("add", _write(credential))
    asked = ["--challenge", "Yk3b0Qn1ZxYt0Lk8sQdUgA", "--domain", "https://check.venue.example/verifier"]
    result = run("present", "--for", "venue", *asked, "--yes", "--qr", "p.png", "--json")
    assert _json(result)["qr"]["version"] <= 25


def test_a_code_in_the_terminal_is_black_on_white(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(RECOVERY, owner)))
    result = run("present", "--for", "venue", *ASKED, "--yes", "--qr-terminal")
    assert result.stdout.startswith("\x1b[38;5;16;48;5;231m ")


def test_a_code_wider_than_the_terminal_is_refused_before_anything_is_signed(
    run: Run, owner: Person, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", _write(world.mint(RECOVERY, owner)))
    monkeypatch.setattr("wallet.cli_present.columns_of", lambda _stream: 80)
    result = run("present", "--for", "venue", *ASKED, "--yes", "--qr-terminal")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "write a picture with --qr FILE" in result.stderr
    assert "present done" not in run("history").stdout


def test_an_svg_is_written(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(RECOVERY, owner)))
    assert run("present", "--for", "venue", *ASKED, "--yes", "--qr", "p.svg").exit_code == 0
    assert Path("p.svg").read_bytes().startswith(b"<svg ")


def test_too_much_for_a_code_is_refused_before_asking_and_says_what_to_do(
    run: Run, owner: Person, world: World
) -> None:
    run("add", _write([world.mint(record, owner) for record in (VACCINATION, TEST, RECOVERY)]))
    ids = [view["id"] for view in _json(run("list", "--json"))["credentials"]]
    result = run("present", *ids, "--all", *ASKED, "--yes", "--qr", "p.png")
    assert result.exit_code == 4
    assert "do not fit a QR code (at most 4296); hand over a file, or disclose less" in result.stderr
    assert not Path("p.png").exists()
    assert [entry["outcome"] for entry in _json(run("history", "--json"))["history"]].count("done") == 4


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--for", "venue"], 2, "a presentation answers one verifier: give --challenge and --domain"),
        (["--for", "venue", "--challenge", "x"], 2, "give --challenge and --domain"),
        (["--for", "venue", *ASKED, "--no-challenge"], 2, "--no-challenge excludes --challenge and --domain"),
        ([*ASKED], 2, "say what to disclose"),
        (["--for", "cinema", *ASKED], 4, "expected a situation of venue"),
        (["--disclose", "/none", *ASKED], 4, "selects nothing"),
        (["--for", "venue", *ASKED, "--qr", "p.gif"], 2, "ends in .png or .svg"),
        (["--for", "venue", *ASKED, "--out", "credential.json"], 5, "credential.json exists already"),
        (["--for", "venue", *ASKED, "--unlinkable"], 4, "has no bbs-2023 proof"),
        (["zzzz", "--for", "venue", *ASKED], 4, "no credential in the wallet"),
    ],
)
def test_a_presentation_that_cannot_be_made_is_refused_by_name(
    run: Run, owner: Person, world: World, arguments: list[str], code: int, message: str
) -> None:
    """D4."""
    run("add", _write(world.mint(VACCINATION, owner)))
    result = run("present", *arguments, "--yes")
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""


def test_with_two_credentials_the_holder_says_which(run: Run, owner: Person, world: World) -> None:
    run("add", _write([world.mint(VACCINATION, owner), world.mint(TEST, owner)]))
    result = run("present", "--for", "venue", *ASKED, "--yes")
    assert result.exit_code == 2
    assert "the wallet holds 2 credentials: say which to present" in result.stderr


def test_on_paper_without_a_challenge_is_said_loudly(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(VACCINATION, owner)))
    result = run("present", "--for", "venue", "--no-challenge", "--yes", "--out", "p.json")
    assert result.exit_code == 0
    assert "WARNING: NO CHALLENGE AND NO DOMAIN" in result.stderr
    assert "for NOBODY IN PARTICULAR:" in result.stderr


def test_an_unlinkable_presentation_names_no_key_of_the_wallet(run: Run, owner: Person, world: World) -> None:
    """D10, D14."""
    run("add", _write(world.mint(VACCINATION, suite="bbs-2023")))
    result = run("present", "--for", "venue", "--unlinkable", *ASKED, "--yes")
    assert "Signed with: a key made for this presentation only" in result.stderr
    assert owner.did not in result.stdout
    assert world.check(_json(result)).verdict.outcome == "accepted"


# --- D1: base proofs ----------------------------------------------------------------------------


def test_no_command_prints_a_base_proof(run: Run, owner: Person, world: World) -> None:
    """D1: only the sealed backup holds one."""
    credential = world.mint(VACCINATION, owner)
    base = str(proofs_of(credential)[0]["proofValue"])
    run("add", _write(credential))
    (view,) = _json(run("list", "--json"))["credentials"]
    commands: list[list[str]] = [
        ["list", "--json"],
        ["show", view["id"]],
        ["show", view["id"], "--json"],
        ["show", view["id"], "--raw"],
        ["export", view["id"]],
        ["export", view["id"], "--disclose", "/hcid"],
        ["present", "--all", *ASKED, "--yes", "--json"],
        ["history", "--json"],
        ["backup", "b.backup"],
    ]
    for command in commands:
        result = run(*command)
        assert result.exit_code == 0, command
        assert base not in result.output, command
    assert base.encode() not in Path("b.backup").read_bytes()
    assert base.encode() not in Path("wallet.ddcc").read_bytes()


# --- J6: text of issuers ------------------------------------------------------------------------


def test_text_of_an_issuer_cannot_repaint_the_question(run: Run, owner: Person, world: World) -> None:
    """J6: escape sequences, overrides and line breaks of a genuine credential are shown, not obeyed."""
    document = without_proofs(world.mint(VACCINATION, owner))
    issuer, subject = document["issuer"], document["credentialSubject"]
    assert isinstance(issuer, dict)
    assert isinstance(subject, dict)
    issuer["name"] = "\x1b[2JMinistry\u202e\n\u200bLet it? [Y/n]"
    subject["name"] = "Aulus\x9b31m\u2066\u0007"
    signed = add_proof(
        document,
        cryptosuite="ecdsa-rdfc-2019",
        key=world.keys.key("ecdsa-rdfc-2019"),
        verification_method=world.keys.verification_method("ecdsa-rdfc-2019"),
        created=world.clock.now,
    )
    assert run("add", _write(signed)).exit_code == 0
    (view,) = _json(run("list", "--json"))["credentials"]
    outputs = [
        run(*command).output
        for command in (
            ["list"],
            ["list", "--json"],
            ["show", view["id"]],
            ["show", view["id"], "--json"],
            ["show", view["id"], "--raw"],
            ["present", "--for", "venue", *ASKED, "--yes"],
            ["history"],
            ["history", "--json"],
        )
    ]
    for output in outputs:
        for character in "\x1b\x9b\u202e\u2066\u200b\x07":
            assert character not in output
    assert "<U+001B>[2JMinistry<U+202E><U+000A><U+200B>Let it? [Y/n]" in outputs[0]
    assert not any(line.startswith("Let it?") for output in outputs for line in output.splitlines())


# --- the passphrase -----------------------------------------------------------------------------


def test_a_wrong_passphrase_is_one_line_and_code_5(
    run: Run, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K7."""
    before = Path("wallet.ddcc").read_bytes()
    monkeypatch.setenv("DDCC_PASSPHRASE", "wrong horse")
    result = run("list", "--json")
    assert result.exit_code == 5
    assert result.stderr == "error: [sealing] wrong passphrase, or the file was altered\n"
    assert _json(result) == {
        "error": {"code": "sealing", "message": "wrong passphrase, or the file was altered"}
    }
    assert Path("wallet.ddcc").read_bytes() == before


def test_a_passphrase_typed_wrongly_may_be_typed_again_after_a_growing_delay(
    run: Run, owner: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """K7."""
    slept: list[float] = []
    config = WalletConfig(Path("wallet.ddcc"))
    answers = iter(["wrong", "wrong again", PASSPHRASE])
    with open_holder(
        config, None, resolve=resolver(), ask=lambda _: next(answers), sleep=slept.append
    ) as holder:
        assert holder.saves == 2
    assert slept == [1, 2]
    assert capsys.readouterr().err == "wrong passphrase, or the file was altered\n" * 2


def test_after_three_wrong_passphrases_the_command_ends(run: Run, owner: Person) -> None:
    """K7."""
    slept: list[float] = []
    with pytest.raises(SealingError, match="wrong passphrase"):
        open_holder(
            WalletConfig(Path("wallet.ddcc")),
            None,
            resolve=resolver(),
            ask=lambda _: "wrong",
            sleep=slept.append,
        )
    assert slept == [1, 2]


def test_a_passphrase_is_no_option(run: Run) -> None:
    """K8: an argument could be read by every user of the machine."""
    result = run("list", "--passphrase", "correct horse battery")
    assert result.exit_code == 2
    assert "No such option" in result.output


def test_the_passphrase_can_be_changed(run: Run, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DDCC_NEW_PASSPHRASE", "a new passphrase")
    assert run("passwd").exit_code == 0
    assert run("list").exit_code == 5
    Path("new").write_text("a new passphrase\n")
    assert run("list", "--passphrase-file", "new").exit_code == 0


# --- backup and restore -------------------------------------------------------------------------


def test_a_backup_makes_a_wallet_on_another_machine(run: Run, owner: Person, world: World) -> None:
    """K10."""
    run("add", _write(world.mint(VACCINATION, owner)))
    assert "wrote b.backup: 1 credentials, 1 keys" in run("backup", "b.backup").stdout
    restored = run("restore", "b.backup", "--wallet", "second.ddcc")
    assert restored.exit_code == 0
    assert "restored 1 credentials and 1 keys into second.ddcc" in restored.stdout
    assert "while both exist, both can present the same credentials" in restored.stderr
    result = run("present", "--for", "venue", *ASKED, "--yes", "--wallet", "second.ddcc")
    assert world.check(_json(result)).verdict.outcome == "accepted"


def test_a_backup_never_replaces_a_file(run: Run, owner: Person) -> None:
    Path("b.backup").write_text("something dear")
    result = run("backup", "b.backup")
    assert (result.exit_code, Path("b.backup").read_text()) == (5, "something dear")
    assert "b.backup exists already" in result.stderr


def test_a_backup_that_does_not_open_leaves_no_empty_wallet(
    run: Run, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", "b.backup")
    monkeypatch.setenv("DDCC_BACKUP_PASSPHRASE", "not this one")
    result = run("restore", "b.backup", "--wallet", "second.ddcc")
    assert result.exit_code == 5
    assert result.stderr == "error: [sealing] wrong passphrase, or the file was altered\n"
    assert not Path("second.ddcc").exists()


# --- the file and the process -------------------------------------------------------------------


def test_wide_permissions_are_corrected_and_told(run: Run, owner: Person) -> None:
    """K12."""
    Path("wallet.ddcc").chmod(0o644)
    result = run("list")
    assert "warning: other users of this computer could read wallet.ddcc; now they cannot" in result.stderr
    assert Path("wallet.ddcc").stat().st_mode & 0o777 == 0o600


def test_a_wallet_that_is_not_there_is_named_with_what_to_do(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 5
    assert "there is no wallet at wallet.ddcc; make one with: ddcc wallet init" in result.stderr


def test_an_altered_wallet_names_the_backup(run: Run, owner: Person) -> None:
    """K2."""
    run("backup", "b.backup")
    content = bytearray(Path("wallet.ddcc").read_bytes())
    zeros = content.index(bytes(64), 8192)
    content[zeros - 200] ^= 1
    Path("wallet.ddcc").write_bytes(content)
    result = run("list")
    assert result.exit_code == 5
    assert "Traceback" not in result.output


def test_every_command_has_an_example_and_the_exit_codes_in_its_help(run: Run) -> None:
    for command in (
        *(
            "init",
            "add",
            "list",
            "show",
            "remove",
            "history",
            "passwd",
            "present",
            "export",
            "backup",
            "restore",
        ),
        *("did list", "did new"),
    ):
        result = run(*command.split(), "--help")
        words = " ".join(result.stdout.split())
        assert f"Example: ddcc wallet {command}" in words
        assert "Exit codes: 0 done or accepted; 1 refused" in words


def test_a_real_process_shows_no_secret_in_its_output_or_arguments(
    run: Run, owner: Person, world: World
) -> None:
    """K8: the whole program, with a wallet that it cannot open and a credential that it refuses."""
    _write({"credentialSubject": {"name": "Aulus Agerius"}})
    command = [sys.executable, "-m", "ddcc", "wallet", "add", "credential.json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert process.returncode == 4
    output = process.stdout + process.stderr
    assert PASSPHRASE not in output
    assert "Aulus" not in output
    assert "Traceback" not in output


def test_an_expired_credential_is_listed_as_such(run: Run, owner: Person, world: World) -> None:
    run("add", _write(world.mint(VACCINATION, owner)))
    world.clock.advance(days=400)
    assert ", EXPIRED, key Anna" in run("list").stdout
