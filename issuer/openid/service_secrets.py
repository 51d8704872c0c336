"""The secrets of issuance over OpenID4VCI, kept in the database, and what is derived from them.

They are made by whichever process asks first, so that all processes over one database have the same ones. Ids
that only this service can make need not be stored, and a short code is kept as a keyed hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from functools import cached_property

from issuer.openid.encryption import MessageEncryption
from issuer.openid.nonces import Nonces
from issuer.openid.offers import OfferStore
from runtime.tokens import secret_digest
from vclib.encoding import decode_base64url, encode_base64url
from vclib.keys import KeyType, PrivateKey, generate_private_key

_SECRET_BYTES = 32
_CODE_BYTES = 24
_ID_BYTES = 16


class ServiceSecrets:
    """The secrets of one issuer's service; read from the database when first needed, and then kept."""

    def __init__(self, offers: OfferStore) -> None:
        self._offers = offers

    def encryption(self, *, required: bool) -> MessageEncryption:
        """Return the key that requests are encrypted to."""
        return MessageEncryption(self._encryption_key, required)

    def nonces(self, minutes: int) -> Nonces:
        """Return what makes and recognises nonces that live so long."""
        return Nonces(self._secret, timedelta(minutes=minutes))

    def tx_code_hmac(self, code: str, tx_code: str) -> str:
        """Return the keyed hash of a transaction code beside its pre-authorized code, in hexadecimal."""
        return self._mac(f"tx_code:{secret_digest(code)}:{tx_code}").hex()

    def transaction_id(self, offer_id: str) -> str:
        """Return the id of an offer's deferred transaction."""
        return encode_base64url(self._mac(f"transaction:{offer_id}")[:_ID_BYTES])

    def notification_id(self, offer_id: str) -> str:
        """Return the id under which a wallet tells what became of an offer's credentials."""
        return encode_base64url(self._mac(f"notification:{offer_id}")[:_ID_BYTES])

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), hashlib.sha256)

    @cached_property
    def _secret(self) -> bytes:
        return decode_base64url(self._offers.secret("offers", _new_secret))

    @cached_property
    def _encryption_key(self) -> PrivateKey:
        text = self._offers.secret("request-encryption", _new_encryption_key)
        return PrivateKey.from_secret_bytes(KeyType.P256, decode_base64url(text))


def code_of(reference: str) -> str:
    """Return the code of an offer: who has the reference has the code, and the database has neither."""
    digest = hmac.digest(reference.encode(), b"pre-authorized_code", hashlib.sha256)
    return encode_base64url(digest[:_CODE_BYTES])


def same(one: str, other: str) -> bool:
    """Compare two texts in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _new_secret() -> str:
    return encode_base64url(secrets.token_bytes(_SECRET_BYTES))


def _new_encryption_key() -> str:
    return encode_base64url(generate_private_key(KeyType.P256).secret_bytes)
