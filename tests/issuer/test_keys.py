"""issuer.keys: keys come back only with the passphrase, and only to the issuer they belong to."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from issuer.keys import IssuerKeys, generate_keys, load_keys, save_keys
from runtime.sealing import Argon2Parameters
from vclib.errors import ConfigurationError, SealingError, StoreError
from vclib.keys import KeyType, PrivateKey

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery"


@pytest.fixture
def keys() -> IssuerKeys:
    types = (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)
    return IssuerKeys({each: PrivateKey.from_secret_bytes(each, bytes([1]) * 32) for each in types})


@pytest.fixture
def saved(keys: IssuerKeys, tmp_path: Path) -> Path:
    save_keys(keys, tmp_path / "keys.sealed", PASSPHRASE, parameters=CHEAP)
    return tmp_path / "keys.sealed"


def test_keys_come_back_as_they_were_saved(keys: IssuerKeys, saved: Path) -> None:
    loaded = load_keys(saved, PASSPHRASE, dids=keys.dids)
    assert {each: key.secret_bytes for each, key in loaded.keys.items()} == {
        each: key.secret_bytes for each, key in keys.keys.items()
    }


def test_each_suite_has_its_key_and_did(keys: IssuerKeys) -> None:
    # did:key prefixes: https://w3c-ccg.github.io/did-key-spec/#multicodec-values
    prefixes = {
        "ecdsa-sd-2023": "did:key:zDn",
        "ecdsa-rdfc-2019": "did:key:zDn",
        "eddsa-rdfc-2022": "did:key:z6Mk",
        "bbs-2023": "did:key:zUC7",
    }
    for suite, prefix in prefixes.items():
        did = keys.did(suite)
        assert did.startswith(prefix)
        assert keys.verification_method(suite) == f"{did}#{did.removeprefix('did:key:')}"


def test_a_suite_without_a_key_is_refused(keys: IssuerKeys) -> None:
    with pytest.raises(ConfigurationError, match="no key for eddsa-jcs-2022"):
        keys.key("eddsa-jcs-2022")


def test_new_keys_are_new() -> None:
    assert set(generate_keys().dids.values()).isdisjoint(generate_keys().dids.values())


def test_a_wrong_passphrase_opens_nothing(keys: IssuerKeys, saved: Path) -> None:
    """K7."""
    with pytest.raises(SealingError, match="wrong passphrase, or the file was altered"):
        load_keys(saved, "correct horse batterz", dids=keys.dids)


@pytest.mark.parametrize("position", [0, 30, 45, -1])
def test_one_altered_byte_is_noticed(keys: IssuerKeys, saved: Path, position: int) -> None:
    """K2: magic, salt, nonce, tag."""
    content = bytearray(saved.read_bytes())
    content[position] ^= 1
    saved.write_bytes(content)
    with pytest.raises(SealingError):
        load_keys(saved, PASSPHRASE, dids=keys.dids)


def test_keys_of_another_issuer_are_refused(keys: IssuerKeys, saved: Path) -> None:
    with pytest.raises(ConfigurationError, match="not those of the settings"):
        load_keys(saved, PASSPHRASE, dids={**keys.dids, "P-256": "did:key:zDnOther"})


def test_the_file_shows_neither_keys_nor_dids(keys: IssuerKeys, saved: Path) -> None:
    """K1, K12."""
    content = saved.read_bytes()
    assert bytes([1]) * 8 not in content
    assert b"did:key" not in content
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_existing_keys_are_never_written_over(keys: IssuerKeys, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        save_keys(generate_keys(), saved, PASSPHRASE, parameters=CHEAP)
    assert saved.read_bytes() == before


def test_keys_are_silent_about_their_secrets(keys: IssuerKeys) -> None:
    """K8."""
    assert (bytes([1]) * 4).hex() not in repr(keys)
