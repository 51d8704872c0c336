"""A DDCC record as the text of a paper code: the content that it maps to, signed by a document signer.

A vaccination is written as DDCC:VS (claim 3), a test result as DDCC:TR (claim 4). WHO has no certificate of
recovery, so a recovery record is refused by name. Not here: drawing the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from health.data_sets import Record, TestRecord
from health.formats import who_ddcc
from health.formats.hc1 import WHO_TR, WHO_VS, write_hc1
from health.trust import certificate_kid, read_certificate
from vclib.errors import KeyMaterialError
from vclib.keys import KeyType, SigningKey


@dataclass(frozen=True)
class PaperSigner:
    """A document signer: its P-256 key, and the certificate (DER) that names it."""

    key: SigningKey
    certificate: bytes

    def __post_init__(self) -> None:
        read = read_certificate(self.certificate)
        own = self.key.public_key
        if (
            own.key_type is not KeyType.P256
            or not isinstance(read.key, ec.EllipticCurvePublicKey)
            or read.key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint) != own.key_bytes
        ):
            raise KeyMaterialError("the signer's certificate is of another key than the one that signs now")

    @property
    def ends(self) -> datetime:
        """The last moment at which verifiers accept what this signer signed."""
        return read_certificate(self.certificate).valid_until


def write_paper(record: Record, signer: PaperSigner, *, issued: datetime, expires: datetime) -> str:
    """Return the text of a code for a record; RecordError for a record that has no content of its own."""
    payload = who_ddcc.payload_from_record(record)
    return write_hc1(
        WHO_TR if isinstance(record, TestRecord) else WHO_VS,
        payload,
        country=read_certificate(signer.certificate).country,
        issued=issued,
        expires=min(expires, signer.ends),
        kid=certificate_kid(signer.certificate),
        sign=signer.key.sign,
    )
