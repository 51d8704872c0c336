"""A DDCC record as the text of a paper code: the content that it maps to, signed by a document signer.

A vaccination is written as DDCC:VS (claim 3), a test result as DDCC:TR (claim 4), or either as an EU DCC if
that is asked for. WHO has no certificate of recovery, so a recovery is written as the EU's (claim 1). Not
here: drawing the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from health.data_sets import Record, RecoveryRecord, TestRecord
from health.formats import eu_dcc_writing, who_ddcc
from health.formats.hc1 import EU_DCC, WHO_TR, WHO_VS, write_hc1
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


def write_paper(
    record: Record, signer: PaperSigner, *, issued: datetime, expires: datetime, as_eu: bool = False
) -> str:
    """Return the text of a code for a record, which ends no later than its signer.

    Raises RecordError for a record that lacks what the content needs.
    """
    expires = min(expires, signer.ends)
    if as_eu or isinstance(record, RecoveryRecord):
        claim = EU_DCC
        payload = eu_dcc_writing.payload_from_record(
            record,
            authority=read_certificate(signer.certificate).name,
            begins=issued.date(),
            ends=expires.date(),
        )
    else:
        payload = who_ddcc.payload_from_record(record)
        claim = WHO_TR if isinstance(record, TestRecord) else WHO_VS
    return write_hc1(
        claim,
        payload,
        country=read_certificate(signer.certificate).country,
        issued=issued,
        expires=expires,
        kid=certificate_kid(signer.certificate),
        sign=signer.key.sign,
    )
