"""Keys in one file, sealed under a passphrase: the whole key set, also of what is not secret.

The file is the truth about a key set: what is published of it follows from it and can be made again. It is
replaced at once or not at all, and never before what replaces it was opened and read back. Keys in a token
stand here too, without their secret, so that nobody can change unseen which key of a token is meant.

Format 2, the plaintext: {"format": 2, "keys": [{"id": "p256-1", "publicKeyMultibase": "zDna...", "state":
"signing", "created": "2026-07-01T12:00:00Z", "secretKeyMultibase": "z42t..."}]}; a key in a token has
"token": {"label": "mint", "id": "01"} in place of the secret, a withdrawn key neither. Format 1 was an object
of key type and secret key, {"P-256": "z42t..."}; it is read, and replaced by the first change.
Why: docs/decisions/0150-custody.md. Not here: what the keys are for.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from runtime.atomic import read_file, reason, write_file
from runtime.keys.kept import KeptKey, KeyState, TokenPlace
from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters, open_sealed, seal
from vclib.errors import ConfigurationError, MalformedValueError, SealingError, StoreError, VCError
from vclib.keys import (
    KeyType,
    decode_multikey,
    decode_secret_multikey,
    encode_multikey,
    encode_secret_multikey,
)
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object

_Read = TypeVar("_Read")

_FORMAT = 2
_MAX_BYTES = 64 * 1024
_MEMBERS = frozenset({"id", "publicKeyMultibase", "state", "created", "secretKeyMultibase", "token"})

# How keys are numbered; no name is ever given twice.
_ID_STEMS = {
    KeyType.P256: "p256",
    KeyType.ED25519: "ed25519",
    KeyType.BLS12_381_G2: "bls",
}


def read_keys(path: Path, passphrase: str, *, purpose: bytes) -> tuple[KeptKey, ...]:
    """Return the keys of a sealed file; `purpose` is what it was sealed for.

    Raises SealingError for a wrong passphrase, an altered file or another version's, StoreError for one that
    cannot be read.
    """
    return _parse(open_sealed(read_file(path, max_bytes=_MAX_BYTES), passphrase, aad=purpose))


def seal_keys(
    keys: Sequence[KeptKey],
    passphrase: str,
    *,
    purpose: bytes,
    parameters: Argon2Parameters = DEFAULT_PARAMETERS,
) -> bytes:
    """Return the bytes of a sealed file, opened and read back before anybody relies on them."""
    plaintext = dump_json({"format": _FORMAT, "keys": [_to_json(key) for key in keys]}).encode()
    sealed = seal(plaintext, passphrase, aad=purpose, parameters=parameters)
    if len(sealed) > _MAX_BYTES:
        raise StoreError(f"the keys need more than {_MAX_BYTES} bytes; nothing was changed")
    read_back = _parse(open_sealed(sealed, passphrase, aad=purpose))
    if [_to_json(key) for key in read_back] != [_to_json(key) for key in keys]:
        raise StoreError("the sealed keys did not read back as they were; nothing was changed")
    return sealed


def write_sealed(path: Path, sealed: bytes, *, overwrite: bool = True) -> None:
    """Put the sealed bytes in place at once; StoreError, and the keys from before are still there."""
    write_file(path, sealed, overwrite=overwrite)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep other processes from changing the same keys meanwhile; StoreError where one is at it.

    Two changes at once would both begin from the same keys, and one new key would be lost.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as err:
        raise StoreError(f"cannot use {path.parent}: {reason(err)}") from err
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        os.close(folder)
        raise StoreError(f"somebody else is changing the keys in {path.parent}; nothing was changed") from err
    try:
        yield
    finally:
        os.close(folder)


def next_id(keys: Sequence[KeptKey], key_type: KeyType) -> str:
    """Return a name that no key of the set has or had, e.g. "p256-2"."""
    stem = _ID_STEMS.get(key_type)
    if stem is None:
        raise ConfigurationError(f"no keys of type {key_type} are kept here")
    numbers = [int(key.id.rpartition("-")[2]) for key in keys if _is_numbered(key.id, stem)]
    return f"{stem}-{max(numbers, default=0) + 1}"


def _is_numbered(key_id: str, stem: str) -> bool:
    head, _, number = key_id.rpartition("-")
    return head == stem and number.isdecimal()


def _parse(plaintext: bytes) -> tuple[KeptKey, ...]:
    # What opens was sealed by us, so this is damage before sealing or another version's file.
    try:
        members = parse_json_object(plaintext)
        return _format_2(members) if "format" in members else _format_1(members)
    except (VCError, ValueError) as err:
        raise SealingError("the sealed keys are not in the form this version reads") from err


def _format_1(members: JSONObject) -> tuple[KeptKey, ...]:
    keys: list[KeptKey] = []
    for name, text in members.items():
        secret = decode_secret_multikey(text)
        if secret.key_type is not KeyType(name):
            raise MalformedValueError("a key stands under another type than its own")
        key_id = next_id(keys, secret.key_type)
        keys.append(KeptKey(key_id, secret.public_key, KeyState.SIGNING, secret=secret))
    return tuple(keys)


def _format_2(members: JSONObject) -> tuple[KeptKey, ...]:
    entries = members.get("keys")
    if members.keys() != {"format", "keys"} or members["format"] != _FORMAT or not isinstance(entries, list):
        raise MalformedValueError("expected format 2")
    keys = tuple(_from_json(entry) for entry in entries)
    if len({key.id for key in keys}) != len(keys):
        raise MalformedValueError("two keys have one id")
    return keys


def _to_json(key: KeptKey) -> JSONObject:
    written: JSONObject = {
        "id": key.id,
        "publicKeyMultibase": encode_multikey(key.public_key),
        "state": key.state.value,
    }
    if key.created is not None:
        written["created"] = key.created
    if key.secret is not None:
        written["secretKeyMultibase"] = encode_secret_multikey(key.secret)
    if key.place is not None:
        place: JSONObject = {"label": key.place.label} if key.place.label else {}
        written["token"] = place | ({"id": key.place.key_id.hex()} if key.place.key_id else {})
    return written


def _from_json(entry: JSONValue) -> KeptKey:
    if not isinstance(entry, dict) or not entry.keys() <= _MEMBERS:
        raise MalformedValueError("expected the members of a key")
    token = entry.get("token")
    if token is not None and (not isinstance(token, dict) or not token.keys() <= {"label", "id"}):
        raise MalformedValueError("expected the place of a key in a token")
    return KeptKey(
        id=_text(entry, "id"),
        public_key=decode_multikey(_text(entry, "publicKeyMultibase")),
        state=KeyState(_text(entry, "state")),
        created=_optional(entry, "created", str),
        secret=_optional(entry, "secretKeyMultibase", decode_secret_multikey),
        place=None
        if token is None
        else TokenPlace(_optional(token, "label", str), _optional(token, "id", bytes.fromhex)),
    )


def _text(entry: JSONObject, member: str) -> str:
    value = entry.get(member)
    if not isinstance(value, str):
        raise MalformedValueError(f"expected text in {member}")
    return value


def _optional(entry: JSONObject, member: str, read: Callable[[str], _Read]) -> _Read | None:
    return read(_text(entry, member)) if member in entry else None
