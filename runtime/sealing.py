"""Bytes sealed under a passphrase: Argon2id makes the key, AES-256-GCM keeps the bytes.

Everything the programs keep on disk that is worth stealing (issuer keys, the wallet's master key, backups)
goes through here, so that key derivation is memory-hard everywhere and is judged in one place. The
parameters travel in the header, because tomorrow's defaults must still open today's files; they are bounded
on reading, because a hostile file must not ask for 64 GB. The header is authenticated with the content.

Layout, integers big-endian: magic "DDCCSEAL" (8 bytes), format version (1), memory in KiB (4),
iterations (4), lanes (1), salt (16), nonce (12), ciphertext and tag (16 longer than the plaintext).

Sources: https://www.rfc-editor.org/rfc/rfc9106 (Argon2id), NIST SP 800-38D (GCM). Not here: where sealed
bytes are kept, who asks for the passphrase, and protection of a computer that is already hostile. Python
cannot wipe strings from memory. Why these choices: docs/decisions/0060-sealing.md.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vclib.errors import SealingError

MAGIC = b"DDCCSEAL"
FORMAT_VERSION = 1
KEY_BYTES = 32

# A file may ask for at most this much; four times the most generous setting anybody recommends today.
MAX_MEMORY_KIB = 1024 * 1024
MAX_ITERATIONS = 16
MAX_LANES = 16

# One text for both, so that a thief learns nothing from which it was.
WRONG_PASSPHRASE = "wrong passphrase, or the file was altered"  # noqa: S105

_HEADER = struct.Struct(">8sBIIB16s")
_NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True)
class Argon2Parameters:
    """How expensive it is to try one passphrase. The default is RFC 9106 section 4, second choice."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (
            1 <= self.lanes <= MAX_LANES
            and 8 * self.lanes <= self.memory_kib <= MAX_MEMORY_KIB
            and 1 <= self.iterations <= MAX_ITERATIONS
        ):
            raise SealingError(
                f"key derivation asks for {self.memory_kib} KiB, {self.iterations} iterations and "
                f"{self.lanes} lanes, outside the limits of {MAX_MEMORY_KIB} KiB, {MAX_ITERATIONS} and "
                f"{MAX_LANES}"
            )


DEFAULT_PARAMETERS = Argon2Parameters()


def seal(
    plaintext: bytes, passphrase: str, *, aad: bytes = b"", parameters: Argon2Parameters = DEFAULT_PARAMETERS
) -> bytes:
    """Return `plaintext` sealed under `passphrase`.

    `aad` says what the bytes are for, and must be given again to open them. Raises SealingError for
    an empty passphrase or where the memory for the derivation is not there.
    """
    header = _HEADER.pack(
        MAGIC,
        FORMAT_VERSION,
        parameters.memory_kib,
        parameters.iterations,
        parameters.lanes,
        os.urandom(16),
    )
    return header + seal_with_key(_derive_key(header, passphrase), plaintext, aad=header + aad)


def open_sealed(sealed: bytes, passphrase: str, *, aad: bytes = b"") -> bytes:
    """Return the plaintext of `seal`.

    Raises SealingError: for a wrong passphrase and for altered bytes with one and the same message, for
    bytes that are not sealed at all or ask for too much with their own.
    """
    if len(sealed) < _HEADER.size + _NONCE_BYTES + _TAG_BYTES or not sealed.startswith(MAGIC):
        raise SealingError("expected a sealed file, these bytes are not one")
    header = sealed[: _HEADER.size]
    return open_with_key(_derive_key(header, passphrase), sealed[_HEADER.size :], aad=header + aad)


def new_master_key() -> bytes:
    """Return 32 random bytes of the operating system."""
    return os.urandom(KEY_BYTES)


def seal_with_key(key: bytes, plaintext: bytes, *, aad: bytes = b"") -> bytes:
    """Return nonce (12 bytes, random), ciphertext and tag under a 32-byte key.

    Random nonces are safe for 2^32 messages under one key (NIST SP 800-38D section 8.3).
    """
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def open_with_key(key: bytes, sealed: bytes, *, aad: bytes = b"") -> bytes:
    """Return the plaintext of `seal_with_key`; SealingError for another key, other bytes or another `aad`."""
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise SealingError(WRONG_PASSPHRASE)
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except InvalidTag as err:
        raise SealingError(WRONG_PASSPHRASE) from err


def _derive_key(header: bytes, passphrase: str) -> bytes:
    _, version, memory_kib, iterations, lanes, salt = _HEADER.unpack(header)
    if version != FORMAT_VERSION:
        raise SealingError(f"sealed format version {version} is not the supported {FORMAT_VERSION}")
    parameters = Argon2Parameters(memory_kib, iterations, lanes)
    if not passphrase:
        raise SealingError("the passphrase is empty")
    # Two keyboards may write one letter as one code point or as two; RFC 8265 section 4.2 settles on NFC.
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    kdf = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=parameters.iterations,
        lanes=parameters.lanes,
        memory_cost=parameters.memory_kib,
    )
    try:
        return kdf.derive(secret)
    except MemoryError as err:
        raise SealingError(f"key derivation needs {parameters.memory_kib} KiB of memory") from err
