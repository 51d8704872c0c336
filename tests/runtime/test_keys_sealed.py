"""runtime.keys.sealed: a key set in one sealed file, whole or not at all."""

from __future__ import annotations

import os
import stat
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.keys import (
    KeptKey,
    KeyState,
    TokenPlace,
    changing,
    find_key,
    next_id,
    read_keys,
    seal_keys,
    signing_key,
    write_sealed,
)
from runtime.sealing import Argon2Parameters, seal
from vclib.errors import ConfigurationError, SealingError, StoreError
from vclib.keys import KeyType, PrivateKey

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PURPOSE = b"test keys 1"
PASSPHRASE = "correct horse battery"
P256 = PrivateKey.from_secret_bytes(KeyType.P256, bytes([1]) * 32)
ED25519 = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes([2]) * 32)
BLS = PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes([3]) * 32)

# Written by version 0.1 with these parameters, this passphrase and 32 bytes of 1 as each of its three keys.
FORMAT_1 = (
    "RERDQ1NFQUwBAAAAQAAAAAEBetMVlEJRSPCQUgb2YygloGr0srbc3rmNz48zrpw4oviCStwpxjule8/ShFoOV6jRj9tHP5fW"
    "vhU8zzJL2/Wiys5HbQakZ7zxO8L9m+mBIevU9l01A7ZABdy7ysV4UdYhE8tX8WMJMmCLolfuVLwbM9X7F6l6w+hRytyd57Pb"
    "l3g066s2ul/NHJup0OTdNvk3JUnC7dBRYL0zpczavDSkSe4WvgxUXAGjLubXCFNQlaraT4N/xLMjV8Q/TgonVkoljtDA14LY"
    "wOp2HkJHxL7DAqN6GZrPdjRK3Dqp+yX4tBZ2XeJHsA=="
)

KEYS = (
    KeptKey("p256-1", P256.public_key, KeyState.SIGNING, created="2026-07-01T12:00:00Z", secret=P256),
    KeptKey("p256-2", P256.public_key, KeyState.PUBLISHED, place=TokenPlace("mint", b"\x01\xff")),
    KeptKey("ed25519-1", ED25519.public_key, KeyState.SIGNING, secret=ED25519),
    KeptKey("bls-1", BLS.public_key, KeyState.WITHDRAWN),
)


def _sealed(keys: tuple[KeptKey, ...] = KEYS) -> bytes:
    return seal_keys(keys, PASSPHRASE, purpose=PURPOSE, parameters=CHEAP)


def _read(tmp_path: Path, content: bytes, passphrase: str = PASSPHRASE) -> tuple[KeptKey, ...]:
    (tmp_path / "keys.sealed").write_bytes(content)
    return read_keys(tmp_path / "keys.sealed", passphrase, purpose=PURPOSE)


def _plaintext(content: bytes) -> bytes:
    return seal(content, PASSPHRASE, aad=PURPOSE, parameters=CHEAP)


def test_keys_read_back_as_they_were(tmp_path: Path) -> None:
    read = _read(tmp_path, _sealed())
    assert [replace(key, secret=None, place=key.place or TokenPlace("x")) for key in read] == [
        replace(key, secret=None, place=key.place or TokenPlace("x")) for key in KEYS
    ]
    assert [key.secret.secret_bytes if key.secret else None for key in read] == [
        P256.secret_bytes,
        None,
        ED25519.secret_bytes,
        None,
    ]


def test_a_file_of_format_1_still_opens(tmp_path: Path) -> None:
    """Sealed by version 0.1: the secret keys by their type, all of them signing."""
    (tmp_path / "keys.sealed").write_bytes(b64decode(FORMAT_1))
    read = read_keys(tmp_path / "keys.sealed", PASSPHRASE, purpose=b"ddcc issuer keys 1")
    assert [(key.id, key.key_type, key.state, key.created) for key in read] == [
        ("p256-1", KeyType.P256, KeyState.SIGNING, None),
        ("ed25519-1", KeyType.ED25519, KeyState.SIGNING, None),
        ("bls-1", KeyType.BLS12_381_G2, KeyState.SIGNING, None),
    ]
    assert [key.secret.secret_bytes if key.secret else b"" for key in read] == [bytes([1]) * 32] * 3


def test_a_wrong_passphrase_opens_nothing(tmp_path: Path) -> None:
    """K7."""
    with pytest.raises(SealingError, match="wrong passphrase, or the file was altered"):
        _read(tmp_path, _sealed(), "correct horse batterz")


def test_one_altered_byte_is_noticed(tmp_path: Path) -> None:
    """K2."""
    content = bytearray(_sealed())
    content[60] ^= 1
    with pytest.raises(SealingError, match="altered"):
        _read(tmp_path, bytes(content))


def test_keys_of_another_purpose_do_not_open(tmp_path: Path) -> None:
    (tmp_path / "keys.sealed").write_bytes(_sealed())
    with pytest.raises(SealingError):
        read_keys(tmp_path / "keys.sealed", PASSPHRASE, purpose=b"other keys 1")


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{",
        b'{"format":3,"keys":[]}',
        b'{"format":2,"keys":{}}',
        b'{"format":2,"keys":[1]}',
        b'{"format":2,"keys":[{"id":"p256-1","state":"signing"}]}',
        b'{"format":2,"keys":[],"more":1}',
        b'{"P-256":"z3u2eccrxJMhEhpF"}',
        b'{"rot13":"z42t"}',
    ],
)
def test_what_was_sealed_by_another_version_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SealingError, match="not in the form this version reads"):
        _read(tmp_path, _plaintext(content))


def test_two_keys_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SealingError, match="not in the form"):
        _sealed((KEYS[0], replace(KEYS[2], id="p256-1")))


def test_the_file_is_its_owners_alone_and_shows_no_key(tmp_path: Path) -> None:
    """K1, K12."""
    write_sealed(tmp_path / "keys.sealed", _sealed())
    content = (tmp_path / "keys.sealed").read_bytes()
    assert stat.S_IMODE((tmp_path / "keys.sealed").stat().st_mode) == 0o600
    assert b"z42t" not in content
    assert b"p256" not in content


def test_no_id_is_given_twice() -> None:
    assert next_id(KEYS, KeyType.P256) == "p256-3"
    assert next_id(KEYS, KeyType.BLS12_381_G2) == "bls-2"
    assert next_id((), KeyType.ED25519) == "ed25519-1"
    with pytest.raises(ConfigurationError, match="no keys of type P-384"):
        next_id(KEYS, KeyType.P384)


def test_keys_are_changed_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "keys.sealed"
    with (
        changing(path),
        pytest.raises(StoreError, match="somebody else is changing the keys"),
        changing(path),
    ):
        pass
    with changing(path):
        pass


def test_a_process_that_dies_leaves_no_lock(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with changing(tmp_path / "keys.sealed"):
            os._exit(0)
    os.waitpid(child, 0)
    with changing(tmp_path / "keys.sealed"):
        pass


def test_a_withdrawn_key_keeps_its_name_only() -> None:
    withdrawn = KEYS[0].in_state(KeyState.WITHDRAWN)
    assert (withdrawn.id, withdrawn.secret, withdrawn.place) == ("p256-1", None, None)
    with pytest.raises(ConfigurationError, match="was withdrawn and signs nothing"):
        signing_key(withdrawn, None)


def test_a_key_in_a_token_needs_a_token() -> None:
    with pytest.raises(ConfigurationError, match="is in a PKCS#11 token, and the settings name none"):
        signing_key(KEYS[1], None)


def test_a_key_is_found_by_its_id() -> None:
    assert find_key(KEYS, "bls-1") is KEYS[3]
    with pytest.raises(ConfigurationError, match="no key 'p256-9'; there are p256-1, p256-2"):
        find_key(KEYS, "p256-9")


@pytest.mark.parametrize("key_id", ["", "P256", "a b", "-a", "a#b", "a" * 40])
def test_an_id_that_is_no_fragment_is_refused(key_id: str) -> None:
    with pytest.raises(ConfigurationError, match="as key id"):
        replace(KEYS[0], id=key_id)


def test_halves_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="do not belong together"):
        KeptKey("p256-1", P256.public_key, KeyState.SIGNING, secret=ED25519)
    with pytest.raises(ConfigurationError, match="expected one place"):
        KeptKey("p256-1", P256.public_key, KeyState.SIGNING)
