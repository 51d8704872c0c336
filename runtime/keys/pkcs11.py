"""Keys in a PKCS#11 token: they sign there and never come out.

P-256 signs by CKM_ECDSA over a SHA-256 digest made here, Ed25519 by CKM_EDDSA where the token has it; both
give the raw forms that `vclib.keys` verifies. A token draws the random number of an ECDSA signature itself,
so these signatures are not deterministic. BLS12-381 keys are in no hardware that can be bought, so BBS keys
stay in the sealed file.

What a PKCS#11 library keeps belongs to one process, and python-pkcs11 initialises it for one thread at a
time. So sessions are opened by the process that signs, at its first signature, never before a fork; one lock
keeps its threads apart; and whatever fails closes the session, initialises the library anew and is tried
once more, so that a token that was away is used again as soon as it is back. A PIN that was refused is not
tried again, because the third time locks the token.

Before a key signs anything of ours, its public half in the token (where the token shows one) and a signature
of random bytes are compared with the key that is expected.
Sources: PKCS#11 2.40 and 3.0 (OASIS), sections 5.4 (fork), 2.3.6 (ECDSA), 2.3.14 (EdDSA). This module needs
the extra `hsm`; `runtime.keys.open_token` imports it only when it is used.
Why: docs/decisions/0151-hsm.md.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error
from pkcs11.types import SignMixin

from runtime.keys.errors import TokenError
from runtime.keys.kept import TokenPlace
from vclib.errors import ConfigurationError, InvalidSignatureError, KeyMaterialError, UnsupportedKeyError
from vclib.keys import KeyType, PublicKey

_Result = TypeVar("_Result")

# DER of the curve in CKA_EC_PARAMS: the OID of P-256; "edwards25519" as text, or its OID (PKCS#11 3.0).
_P256_PARAMS = bytes.fromhex("06082a8648ce3d030107")
_ED25519_PARAMS = bytes.fromhex("130c656477617264733235353139")
_CURVES = {
    _P256_PARAMS: KeyType.P256,
    _ED25519_PARAMS: KeyType.ED25519,
    bytes.fromhex("06032b6570"): KeyType.ED25519,
}
_MECHANISMS = {KeyType.P256: Mechanism.ECDSA, KeyType.ED25519: Mechanism.EDDSA}
_SIGNATURE_BYTES = 64

# Refused for good: the same PIN would be refused again, and count towards locking the token.
_REFUSED_PIN = (
    pkcs11.exceptions.PinIncorrect,
    pkcs11.exceptions.PinInvalid,
    pkcs11.exceptions.PinLenRange,
    pkcs11.exceptions.PinLocked,
    pkcs11.exceptions.PinExpired,
    pkcs11.exceptions.UserPinNotInitialized,
)


@dataclass(frozen=True)
class FoundKey:
    """A key pair that a token shows."""

    place: TokenPlace
    public_key: PublicKey


class TokenKey:
    """A key in a token, as `vclib.keys.SigningKey`; making one asks the token nothing."""

    def __init__(self, token: Token, place: TokenPlace, public_key: PublicKey) -> None:
        if public_key.key_type not in _MECHANISMS:
            raise UnsupportedKeyError(f"{public_key.key_type} keys cannot be in a token")
        self._token = token
        self._public_key = public_key
        self.place = place

    @property
    def public_key(self) -> PublicKey:
        """The public key that is expected, and that the token's key must prove to have."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return the signature: Ed25519 64 bytes, P-256 raw r || s, another one every time.

        Raises TokenError where the token cannot sign now, ConfigurationError for a refused PIN or another key
        than the expected one.
        """
        return self._token.sign(self.place, self._public_key, message)

    def check(self) -> None:
        """Let the token's key prove that it is the expected one. Raises as `sign`."""
        self._token.check(self.place, self._public_key)

    def close(self) -> None:
        """End the token's sessions in this process, see `Token.close`."""
        self._token.close()

    def __repr__(self) -> str:
        return f"<TokenKey {self._public_key.key_type}, {self.place}>"


class Token:
    """One token: found by its label in the slots of a PKCS#11 library, used under its user PIN."""

    def __init__(self, module: str, label: str, pin: str) -> None:
        self._module_path = module
        self._label = label
        self._pin = pin
        self._refused: str | None = None
        self._session: pkcs11.Session | None = None
        self._handles: dict[TokenPlace, SignMixin] = {}
        self._opened_in: tuple[int, int] | None = None

    def signing_key(self, place: TokenPlace, public_key: PublicKey) -> TokenKey:
        """Return the key at `place`; the token is asked when it first signs, or by `check`."""
        return TokenKey(self, place, public_key)

    def check(self, place: TokenPlace, public_key: PublicKey) -> None:
        """Find the key and let it prove that it is the expected one. Raises as `TokenKey.sign`."""
        self._use(lambda: self._proven(place, public_key))

    def sign(self, place: TokenPlace, public_key: PublicKey, message: bytes) -> bytes:
        """Return a signature by the key at `place`, see `TokenKey.sign`."""
        return self._use(lambda: _signature(self._proven(place, public_key), public_key.key_type, message))

    def key_pairs(self) -> list[FoundKey]:
        """Return the P-256 and Ed25519 key pairs whose public halves the token shows."""
        return self._use(self._found_keys)

    def generate(self, key_type: KeyType, label: str) -> FoundKey:
        """Make a key pair in the token that cannot leave it. Raises ConfigurationError for a taken label."""
        if any(found.place.label == label for found in self.key_pairs()):
            raise ConfigurationError(f"the token has a key with the label {label!r} already")
        return self._use(lambda: self._generate(key_type, label))

    def close(self) -> None:
        """End what this process has open, e.g. before it forks; what is used again is opened again."""
        with _module(self._module_path, os.getpid()).lock:
            if self._opened_in is not None:
                self._forget()
                _module(self._module_path, os.getpid()).finalize()

    def _use(self, work: Callable[[], _Result]) -> _Result:
        """Do `work` in an open session; where that fails, once more in a new one."""
        module = _module(self._module_path, os.getpid())
        with module.lock:
            if self._opened_in == (os.getpid(), module.generation):
                try:
                    return work()
                except PKCS11Error:
                    # The session may be one from before the token was away.
                    self._forget()
                    module.finalize()
            try:
                self._open(module)
                return work()
            except PKCS11Error as err:
                self._forget()
                # The library lists the tokens that it saw when it was initialised.
                module.finalize()
                raise TokenError(f"the token {self._label!r} cannot be used: {_reason(err)}") from err
            except (TokenError, ConfigurationError):
                self._forget()
                raise

    def _open(self, module: _Module) -> None:
        if self._refused is not None:
            raise ConfigurationError(self._refused)
        self._forget()
        token = module.library().get_token(token_label=self._label)
        try:
            self._session = token.open(rw=False, user_pin=self._pin)
        except pkcs11.exceptions.UserAlreadyLoggedIn:
            # By another session of this process; a login counts for all of them.
            self._session = token.open(rw=False)
        except _REFUSED_PIN as err:
            self._refused = (
                f"the token {self._label!r} refuses the PIN ({type(err).__name__}); "
                "it is not tried again, because a token locks itself"
            )
            raise ConfigurationError(self._refused) from err
        self._opened_in = (os.getpid(), module.generation)

    def _forget(self) -> None:
        # Not closed: closing would log the other sessions of this process out, and may fail on its own.
        self._session = None
        self._handles = {}
        self._opened_in = None

    def _proven(self, place: TokenPlace, public_key: PublicKey) -> SignMixin:
        """Return the handle of the key at `place`, proven to be the expected one since the session began."""
        if place in self._handles:
            return self._handles[place]
        session = self._opened()
        shown = [found for found in self._found_keys() if _fits(place, found.place)]
        if shown and all(found.public_key != public_key for found in shown):
            raise ConfigurationError(f"the key with {place} in the token is another than the expected one")
        handle = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=place.label, id=place.key_id)
        if not isinstance(handle, SignMixin):
            raise ConfigurationError(f"the key with {place} in the token may not sign")
        challenge = b"ddcc proves its key" + secrets.token_bytes(32)
        try:
            public_key.verify(_signature(handle, public_key.key_type, challenge), challenge)
        except InvalidSignatureError as err:
            raise ConfigurationError(
                f"the key with {place} in the token signs for another public key than the expected one"
            ) from err
        self._handles[place] = handle
        return handle

    def _found_keys(self) -> list[FoundKey]:
        found: list[FoundKey] = []
        for each in list(self._opened().get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY})):
            public_key = _public_key(each)
            if public_key is not None:
                place = TokenPlace(each[Attribute.LABEL] or None, each[Attribute.ID] or None)
                found.append(FoundKey(place, public_key))
        return found

    def _generate(self, key_type: KeyType, label: str) -> FoundKey:
        params = {KeyType.P256: _P256_PARAMS, KeyType.ED25519: _ED25519_PARAMS}.get(key_type)
        if params is None:
            raise ConfigurationError(f"{key_type} keys cannot be made in a token")
        kind = pkcs11.KeyType.EC if key_type is KeyType.P256 else pkcs11.KeyType.EC_EDWARDS
        mechanism = (
            Mechanism.EC_KEY_PAIR_GEN if key_type is KeyType.P256 else Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        )
        key_id = secrets.token_bytes(8)
        # The login of the open session counts for this one, too.
        with self._opened().token.open(rw=True) as session:
            parameters = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: params}, local=True)
            public, _ = parameters.generate_keypair(
                id=key_id,
                label=label,
                store=True,
                mechanism=mechanism,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            public_key = _public_key(public)
        if public_key is None:
            raise TokenError("the token does not show the key that it made")
        return FoundKey(TokenPlace(label, key_id), public_key)

    def _opened(self) -> pkcs11.Session:
        if self._session is None:
            raise TokenError(f"the token {self._label!r} is not open")
        return self._session


class _Module:
    """A PKCS#11 library in this process: `generation` counts how often it was initialised."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.generation = 0
        self._path = path
        self._library: pkcs11._pkcs11.lib | None = None

    def library(self) -> pkcs11._pkcs11.lib:
        """Return the library, initialised by this process; ConfigurationError where it is none."""
        if self._library is None:
            try:
                self._library = pkcs11.lib(self._path)
            except PKCS11Error as err:
                raise ConfigurationError(f"the PKCS#11 module {self._path} cannot be loaded: {err}") from err
            # What it holds may have been inherited from the process that forked this one.
            self.finalize()
        if not self._library.initialized:
            self._library.initialize()
        return self._library

    def finalize(self) -> None:
        """End all sessions of this process; tokens are looked for again when the library is used again."""
        self.generation += 1
        if self._library is not None and self._library.initialized:
            # A library may say that it was never initialised, after a fork; then there is nothing to end.
            with suppress(PKCS11Error):
                self._library.finalize()


@cache
def _module(path: str, process: int) -> _Module:
    """Return the one object for a library in a process: what PKCS#11 itself keeps once per process."""
    return _Module(path)


def _signature(handle: SignMixin, key_type: KeyType, message: bytes) -> bytes:
    data = hashlib.sha256(message).digest() if key_type is KeyType.P256 else message
    signature = bytes(handle.sign(data, mechanism=_MECHANISMS[key_type]))
    if len(signature) != _SIGNATURE_BYTES:
        raise TokenError(f"expected {_SIGNATURE_BYTES} signature bytes of the token, found {len(signature)}")
    if key_type is KeyType.P256 and not (any(signature[:32]) and any(signature[32:])):
        raise TokenError("the token gave a signature with a part that is zero")
    return signature


def _public_key(key: pkcs11.Object) -> PublicKey | None:
    """Return a public key of the token, None for one of another kind than those used here."""
    try:
        key_type = _CURVES.get(key[Attribute.EC_PARAMS])
        point = bytes(key[Attribute.EC_POINT])
    except (PKCS11Error, KeyError):
        return None
    if key_type is None:
        return None
    # CKA_EC_POINT is a DER OCTET STRING (PKCS#11 2.40 section 2.3.3); some tokens leave out its head.
    size = 65 if key_type is KeyType.P256 else 32
    if len(point) == size + 2 and point[:2] == bytes([0x04, size]):
        point = point[2:]
    try:
        if key_type is KeyType.ED25519:
            return PublicKey(key_type, point)
        compressed = PublicKey(key_type, bytes([2 + (point[-1] & 1)]) + point[1:33])
        return compressed if compressed.to_uncompressed() == point else None
    except (KeyMaterialError, IndexError):
        return None


def _fits(wanted: TokenPlace, found: TokenPlace) -> bool:
    return (wanted.label is None or wanted.label == found.label) and (
        wanted.key_id is None or wanted.key_id == found.key_id
    )


def _reason(err: PKCS11Error) -> str:
    return f"{type(err).__name__} {err}".strip()[:200]
