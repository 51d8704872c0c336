"""runtime.keys.pkcs11: keys that sign inside a token, with a real PKCS#11 library."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.keys import TokenError, TokenPlace, open_token
from runtime.keys.pkcs11 import Token
from tests.softhsm import LABEL, PIN, SoftHSM, softhsm
from vclib.errors import ConfigurationError, InvalidSignatureError, StoreError, UnsupportedKeyError
from vclib.keys import KeyType, PrivateKey

SIGNING_TYPES = (KeyType.P256, KeyType.ED25519)


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHSM]:
    with softhsm(tmp_path, monkeypatch) as token:
        yield token


@pytest.fixture
def token(hsm: SoftHSM) -> Token:
    return open_token(hsm.module, LABEL, PIN)


@pytest.mark.parametrize("key_type", SIGNING_TYPES)
def test_a_key_in_the_token_signs_what_its_public_key_verifies(token: Token, key_type: KeyType) -> None:
    made = token.generate(key_type, "mint")
    key = token.signing_key(made.place, made.public_key)
    signature = key.sign(b"a message")
    assert len(signature) == 64
    assert key.public_key.key_type is key_type
    key.public_key.verify(signature, b"a message")
    with pytest.raises(InvalidSignatureError):
        key.public_key.verify(signature, b"another message")


def test_ecdsa_of_a_token_is_not_deterministic_and_ed25519_is(token: Token) -> None:
    """C17: the token draws the random number itself."""
    p256, ed25519 = (token.generate(each, str(each)) for each in SIGNING_TYPES)
    signing = token.signing_key(p256.place, p256.public_key)
    assert signing.sign(b"a") != signing.sign(b"a")
    signing = token.signing_key(ed25519.place, ed25519.public_key)
    assert signing.sign(b"a") == signing.sign(b"a")


@pytest.mark.parametrize("by", ["label", "id", "both"])
def test_a_key_is_found_by_label_or_id(token: Token, by: str) -> None:
    made = token.generate(KeyType.P256, "mint")
    token.generate(KeyType.P256, "other")
    place = TokenPlace(made.place.label if by != "id" else None, made.place.key_id if by != "label" else None)
    token.check(place, made.public_key)


def test_the_token_shows_its_keys(token: Token) -> None:
    made = [token.generate(each, f"mint {each}") for each in SIGNING_TYPES]
    assert sorted(token.key_pairs(), key=str) == sorted(made, key=str)


def test_a_label_is_taken_once(token: Token) -> None:
    token.generate(KeyType.P256, "mint")
    with pytest.raises(ConfigurationError, match="has a key with the label 'mint' already"):
        token.generate(KeyType.P256, "mint")


def test_bbs_keys_are_in_no_token(token: Token) -> None:
    with pytest.raises(ConfigurationError, match="BLS12381G2 keys cannot be made in a token"):
        token.generate(KeyType.BLS12_381_G2, "mint")
    public_key = PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes([1]) * 32).public_key
    with pytest.raises(UnsupportedKeyError, match="cannot be in a token"):
        token.signing_key(TokenPlace("mint"), public_key)


def test_another_key_than_the_expected_one_is_refused(token: Token) -> None:
    token.generate(KeyType.P256, "mint")
    expected = PrivateKey.from_secret_bytes(KeyType.P256, bytes([1]) * 32).public_key
    with pytest.raises(ConfigurationError, match="another than the expected one"):
        token.check(TokenPlace("mint"), expected)
    with pytest.raises(ConfigurationError, match="another than the expected one"):
        token.signing_key(TokenPlace("mint"), expected).sign(b"a")


def test_a_private_key_of_another_pair_under_the_same_label_is_refused(token: Token, hsm: SoftHSM) -> None:
    """The public half in the token is only what somebody wrote there; the signature decides."""
    first, second = token.generate(KeyType.P256, "first"), token.generate(KeyType.P256, "second")
    token.close()
    _exchange_public_halves(hsm, "first", "second")
    with pytest.raises(ConfigurationError, match="signs for another public key"):
        token.check(TokenPlace("first"), second.public_key)
    with pytest.raises(ConfigurationError, match="another than the expected one"):
        token.check(TokenPlace("first"), first.public_key)


def test_a_key_that_is_not_there_is_named(token: Token) -> None:
    made = token.generate(KeyType.P256, "mint")
    with pytest.raises(TokenError, match=r"ddcc-test.*NoSuchKey.*lost"):
        token.check(TokenPlace("lost"), made.public_key)


def test_a_wrong_pin_is_refused_and_not_tried_again(hsm: SoftHSM, token: Token) -> None:
    """A token locks itself after some wrong PINs; a service would use them up in a second."""
    made = token.generate(KeyType.P256, "mint")
    token.close()
    wrong = open_token(hsm.module, LABEL, "000000")
    for _ in range(20):
        with pytest.raises(ConfigurationError, match="refuses the PIN") as refused:
            wrong.check(made.place, made.public_key)
        assert "000000" not in str(refused.value)
    token.check(made.place, made.public_key)


def test_a_missing_token_is_named(hsm: SoftHSM) -> None:
    with pytest.raises(TokenError, match=r"'elsewhere' cannot be used: NoSuchToken") as missing:
        open_token(hsm.module, "elsewhere", PIN).key_pairs()
    assert isinstance(missing.value, StoreError)


@pytest.mark.parametrize("module", ["/nonexistent/libhsm.so", "/etc/hostname"])
def test_a_module_that_is_none_is_named(hsm: SoftHSM, module: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the PKCS#11 module {module} cannot be loaded"):
        open_token(module, LABEL, PIN).key_pairs()


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def importing(name: str, *rest: object) -> object:
        if name == "runtime.keys.pkcs11":
            raise ImportError(name)
        return real_import(name, *rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(ConfigurationError, match=r"ddcc-wallet\[hsm\]"):
        open_token("/usr/lib/softhsm/libsofthsm2.so", LABEL, PIN)


def test_a_token_that_goes_away_signs_nothing_and_is_used_again_when_it_is_back(
    token: Token, hsm: SoftHSM
) -> None:
    made = token.generate(KeyType.P256, "mint")
    key = token.signing_key(made.place, made.public_key)
    key.sign(b"before")
    hsm.unplug()
    for _ in range(2):
        with pytest.raises(TokenError, match="ddcc-test"):
            key.sign(b"meanwhile")
    hsm.plug_in()
    key.public_key.verify(key.sign(b"after"), b"after")


def test_a_token_that_was_away_for_a_moment_is_not_noticed(token: Token, hsm: SoftHSM) -> None:
    made = token.generate(KeyType.P256, "mint")
    key = token.signing_key(made.place, made.public_key)
    key.sign(b"before")
    # Another user of the library ends all sessions of this process.
    open_token(hsm.module, LABEL, PIN)._use(lambda: None)
    token.close()
    key.public_key.verify(key.sign(b"after"), b"after")


def test_threads_sign_at_once(token: Token) -> None:
    made = [token.generate(each, str(each)) for each in SIGNING_TYPES]
    keys = [token.signing_key(each.place, each.public_key) for each in made]

    def sign(number: int) -> None:
        for count in range(20):
            message = f"{number} {count}".encode()
            key = keys[(number + count) % 2]
            key.public_key.verify(key.sign(message), message)

    with ThreadPoolExecutor(max_workers=6) as threads:
        # What fails in a thread is raised here.
        list(threads.map(sign, range(6)))


def test_a_forked_process_opens_its_own_session(token: Token) -> None:
    made = token.generate(KeyType.P256, "mint")
    key = token.signing_key(made.place, made.public_key)
    key.sign(b"in the parent")
    children = [_fork_and_sign(key.sign, key.public_key.verify) for _ in range(2)]
    for child in children:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    key.public_key.verify(key.sign(b"still"), b"still")


def test_a_place_needs_a_label_or_an_id() -> None:
    with pytest.raises(ConfigurationError, match="needs a label or an id"):
        TokenPlace()


def test_a_key_does_not_show_the_pin(token: Token) -> None:
    """K8."""
    made = token.generate(KeyType.P256, "mint")
    assert PIN not in repr(token) + repr(token.signing_key(made.place, made.public_key))


def _fork_and_sign(sign: object, verify: object) -> int:
    child = os.fork()
    if child == 0:
        # Whatever happens here must not run on into the test session.
        try:
            verify(sign(b"in the child"), b"in the child")  # type: ignore[operator]
            os._exit(0)
        finally:
            os._exit(1)
    return child


def _exchange_public_halves(hsm: SoftHSM, one: str, other: str) -> None:
    import pkcs11

    session = pkcs11.lib(hsm.module).get_token(token_label=LABEL).open(rw=True, user_pin=PIN)
    first, second = (
        session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=label) for label in (one, other)
    )
    first[pkcs11.Attribute.LABEL], second[pkcs11.Attribute.LABEL] = other, one
    session.close()
