"""Nonces for key proofs that answer for themselves: nothing is stored for one until it is used.

The nonce endpoint is open to everybody, so what it gives out must not fill the database. A nonce is random
bytes and the moment it ends, under a keyed hash of ours; only its use is remembered, until it has ended.
Source: OpenID4VCI 1.0 sections 7 and 13.8. Not here: remembering the use (`offers`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from protocols.oid4vci import InvalidNonceError
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import EncodingError

_RANDOM_BYTES = 16
_TIME_BYTES = 6
_MAC_BYTES = 16
_LENGTH = _RANDOM_BYTES + _TIME_BYTES + _MAC_BYTES


@dataclass(frozen=True)
class Nonces:
    """Makes and recognises the nonces of one service; `key` is its secret, `lives` how long one is good."""

    key: bytes
    lives: timedelta = timedelta(minutes=5)

    def new(self, *, now: datetime) -> str:
        """Return a new nonce: 38 bytes in base64url, 128 bits of them random."""
        ends = int((now + self.lives).timestamp()).to_bytes(_TIME_BYTES, "big")
        body = secrets.token_bytes(_RANDOM_BYTES) + ends
        return encode_base64url(body + self._mac(body))

    def check(self, nonce: str, *, now: datetime) -> datetime:
        """Return when a nonce of ours ends; InvalidNonceError for any other and after its end."""
        try:
            content = decode_base64url(nonce)
        except EncodingError as err:
            raise InvalidNonceError("the nonce is not one of this issuer") from err
        body, mac = content[: _RANDOM_BYTES + _TIME_BYTES], content[_RANDOM_BYTES + _TIME_BYTES :]
        if len(content) != _LENGTH or not hmac.compare_digest(self._mac(body), mac):
            raise InvalidNonceError("the nonce is not one of this issuer")
        ends = datetime.fromtimestamp(int.from_bytes(body[_RANDOM_BYTES:], "big"), UTC)
        if ends <= now:
            raise InvalidNonceError("the nonce has ended")
        return ends

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self.key, b"c_nonce" + body, hashlib.sha256)[:_MAC_BYTES]
