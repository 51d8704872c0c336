"""`ddcc issuer key` and `ddcc verifier key`, as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.conftest import PASSPHRASE, Site, in_process
from tests.softhsm import LABEL, PIN, SoftHSM, softhsm
from vclib.strict_json import parse_json


@pytest.fixture
def web(tmp_path: Path) -> tuple[object, ...]:
    """A did:web issuer made by its command; returns the options that name it."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "passphrase").chmod(0o600)
    options = ("--home", tmp_path / "issuer", "--passphrase-file", tmp_path / "passphrase")
    ran = in_process(
        *("issuer", "init", "--name", "Ministry", "--url", "https://moh.example", "--did-web"), *options
    )
    assert ran.code == 0, ran.err
    return options


def key(command: str, *arguments: object) -> list[str]:
    ran = in_process("issuer", "key", command, *arguments)
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


def test_a_did_web_issuer_is_made_rotates_and_withdraws(tmp_path: Path, web: tuple[object, ...]) -> None:
    document = parse_json((tmp_path / "issuer" / "did.json").read_bytes())
    assert isinstance(document, dict)
    assert document["id"] == "did:web:moh.example"
    assert key("rotate", *web)[0].split()[:3] == ["p256-2", "P-256", "signing"]
    lines = key("list", *web)
    assert [line.split()[0] + " " + line.split()[2] for line in lines] == [
        "p256-1 published",
        "ed25519-1 signing",
        "bls-1 signing",
        "p256-2 signing",
    ]
    told = key("withdraw", "p256-1", "--yes", *web)
    assert told[0].split()[2] == "withdrawn"
    assert "refused from now on" in told[1]
    assert "p256-1" not in (tmp_path / "issuer" / "did.json").read_text()


def test_the_trust_entry_of_a_did_web_is_one_did(web: tuple[object, ...]) -> None:
    (entry,) = in_process("issuer", "trust-entry", *web[:2]).json["issuers"]
    assert entry["id"] == "did:web:moh.example"
    assert "keys" not in entry


def test_a_withdrawal_is_asked_for(web: tuple[object, ...]) -> None:
    key("rotate", *web)
    ran = in_process("issuer", "key", "withdraw", "p256-1", *web, stdin=b"n\n")
    assert ran.code == 2
    assert "Withdraw it? [y/N]" in ran.err
    assert "was not withdrawn; nothing was changed" in ran.err


def test_a_did_web_needs_a_url(tmp_path: Path) -> None:
    ran = in_process("issuer", "init", "--name", "M", "--did-web", "--home", tmp_path / "issuer")
    ran.assert_error(2, "configuration")
    assert "--did-web needs --url" in ran.err


def test_did_keys_are_not_rotated_by_accident(site: Site) -> None:
    before = site.files()
    ran = in_process("issuer", "key", "rotate", *site.issuer)
    ran.assert_error(2, "configuration")
    assert "--new-identity" in ran.err
    assert site.files() == before


def test_a_new_identity_says_what_has_to_be_done(site: Site) -> None:
    told = key("rotate", "--new-identity", *site.issuer)
    assert any("ddcc issuer trust-entry" in line for line in told)
    record_id, _ = site.mint()
    assert record_id


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("rotate", "--type", "P-384"), "--type: expected P-256"),
        (("use", "p256-9", "--new-identity"), "no key 'p256-9'"),
        (("withdraw", "p256-1", "--yes"), "the key p256-1 signs"),
        (("import-hsm", "--label", "x"), "needs --module and --token"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(site: Site, arguments: tuple[str, ...], problem: str) -> None:
    ran = in_process("issuer", "key", *arguments, *site.issuer)
    ran.assert_error(2, "configuration")
    assert problem in ran.err


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHSM]:
    with softhsm(tmp_path, monkeypatch) as token:
        monkeypatch.setenv("DDCC_HSM_PIN", PIN)
        yield token


def test_a_key_of_a_token_is_taken_in_and_signs(web: tuple[object, ...], hsm: SoftHSM, site: Site) -> None:
    told = key(
        *("import-hsm", "--label", "mint-1", "--generate", "P-256", "--sign"),
        *("--module", hsm.module, "--token", LABEL, *web),
    )
    assert told[0].split()[:5] == ["p256-2", "P-256", "signing", "token:", "mint-1"]
    minted = in_process(
        *("issuer", "mint", site.path("vaccination.json"), "--no-holder", "--out", site.path("out"), *web)
    )
    assert minted.code == 0, minted.err
    assert "did:web:moh.example#p256-2" in next(site.path("out").glob("*.json")).read_text()
    again = in_process("issuer", "key", "import-hsm", "--label", "mint-1", *web)
    again.assert_error(2, "configuration")
    assert "is p256-2 of the key set already" in again.err


def test_a_wrong_pin_is_named_and_the_pin_is_not_shown(
    web: tuple[object, ...], hsm: SoftHSM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DDCC_HSM_PIN", "000000")
    ran = in_process(
        *("issuer", "key", "import-hsm", "--label", "a", "--generate", "P-256"),
        *("--module", hsm.module, "--token", LABEL, *web),
    )
    ran.assert_error(2, "configuration")
    assert "refuses the PIN" in ran.err
    assert "000000" not in ran.err


def test_a_missing_module_is_named(web: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pkcs11")
    monkeypatch.setenv("DDCC_HSM_PIN", PIN)
    ran = in_process(
        *("issuer", "key", "import-hsm", "--label", "a", "--module", "/nonexistent.so", "--token", "x"), *web
    )
    ran.assert_error(2, "configuration")
    assert "/nonexistent.so cannot be loaded" in ran.err


def test_a_verifier_gets_a_key_of_its_own(tmp_path: Path, web: tuple[object, ...]) -> None:
    home = ("--home", tmp_path / "verifier")
    options = (*home, *web[2:])
    assert (
        in_process("verifier", "init", "--name", "Venue", "--url", "https://venue.example", *home).code == 0
    )
    ran = in_process("verifier", "key", "set", "--json", *options)
    assert ran.code == 0, ran.err
    assert ran.json["client_id"] == "decentralized_identifier:did:web:venue.example"
    assert in_process("verifier", "key", "rotate", *options).code == 0
    listed = in_process("verifier", "key", "list", "--json", *options).json
    assert [(each["id"], each["state"]) for each in listed["keys"]] == [
        ("p256-1", "published"),
        ("p256-2", "signing"),
    ]
    withdrawn = in_process("verifier", "key", "withdraw", "p256-1", *options)
    assert withdrawn.code == 0
    settings = in_process("verifier", "config", "--json", *home).json
    assert settings["client_id"]["value"] == "decentralized_identifier:did:web:venue.example"


def test_a_verifiers_key_needs_a_verifier(tmp_path: Path) -> None:
    ran = in_process("verifier", "key", "set", "--home", tmp_path / "nobody")
    ran.assert_error(2, "configuration")
