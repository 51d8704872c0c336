"""HC1: a CBOR Web Token in a QR code, the frame of the EU's, WHO's and the ICVP's paper certificates.

`HC1:`, Base45, zlib, COSE_Sign1, CBOR claims. What is inside is told by the claim under -260: 1 EU DCC, 3 and
4 WHO DDCC, -6 ICVP; before these were assigned, WHO's pilots put their flat map under 1 or signed it without
any claims around it, and both are read. A health link (5) is an address to fetch a document from; it is named
and declined. Scanners may put a symbology identifier before the text, and its prefix may be in small letters;
what follows is left alone, since Base45 has the blank and the colon. Source:
https://github.com/ehn-dcc-development/eu-dcc-hcert-spec (hcert_spec.md). Not here: any content.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import cbor2

from health.formats import eu_dcc, eu_revocation, icvp, who_ddcc
from health.formats.certificate import Certificate, Content, Scanned, UnsupportedFormatError
from health.formats.cose import SignedMessage, read_sign1, verify_signature, write_sign1
from health.formats.strict_cbor import Item, decode_cbor, json_object
from health.trust import Signers, TrustedSigner, read_certificate
from vclib.base45 import decode_base45, encode_base45
from vclib.errors import ComplexityError, EncodingError
from vclib.strict_json import JSONObject

PREFIX = "HC1:"
HCERT = -260
EU_DCC, WHO_VS, WHO_TR, HEALTH_LINK, ICVP = 1, 3, 4, 5, -6

# The largest QR code holds 4,296 characters; a file may end in a line break or two.
MAX_CHARACTERS = 4400
# Twenty times the largest content that fits a QR code (threat J2).
MAX_INFLATED = 64 * 1024

_ISS, _EXP, _IAT = 1, 4, 6
# ISO/IEC 15424: "]Q1" is what a scanner says before a QR code, if it is told to.
_BEGINNING = re.compile(r"\ufeff?\s*(?:\]Q[0-9])?[Hh][Cc]1:")
_OTHER_VERSION = re.compile(r"\s*(?:\]Q[0-9])?[Hh][Cc][0-9A-Z]:")
_CONTENTS: Mapping[int, Content] = MappingProxyType(
    {EU_DCC: eu_dcc.CONTENT, WHO_VS: who_ddcc.CONTENT, WHO_TR: who_ddcc.CONTENT, ICVP: icvp.CONTENT}
)
# 9999-12-31T23:59:59Z, the last moment that a datetime holds.
_MAX_SECONDS = 253402300799


@dataclass(frozen=True)
class HC1:
    """The frame as an entry of `FORMATS`."""

    name: str = "hc1"

    def recognises(self, scanned: Scanned) -> bool:
        """Say whether the content begins as HC1 of any version does."""
        text = scanned if isinstance(scanned, str) else scanned[:64].decode("latin-1")
        return _OTHER_VERSION.match(text) is not None or _BEGINNING.match(text) is not None

    def read(self, scanned: Scanned) -> Certificate:
        """Return the certificate of an HC1 code, unverified; raises as `CertificateFormat.read`."""
        message = read_sign1(unwrap(scanned))
        claims = decode_cbor(message.payload)
        if not isinstance(claims, dict):
            raise EncodingError("expected CBOR claims, a map")
        content, payload = _find_content(claims)
        return _certificate(message, claims, content, payload)

    def signers(self, certificate: Certificate, known: Signers) -> tuple[TrustedSigner, ...]:
        """Return the signers with the key identifier of the header."""
        return known.signers_for(certificate.kid, format=certificate.format) if certificate.kid else ()

    def verify(self, certificate: Certificate, signer: TrustedSigner) -> None:
        """Check the signature with a signer's key; InvalidSignatureError."""
        verify_signature(certificate.signed, certificate.signature, certificate.algorithm, signer.public_key)

    def kinds_of(self, signer: TrustedSigner) -> frozenset[str] | None:
        """Return the kinds that the extended key usage of the signer's certificate names, None for all."""
        return None if signer.certificate is None else read_certificate(signer.certificate).kinds

    def revocation_hashes(self, certificate: Certificate) -> frozenset[bytes]:
        """Return the truncated hashes of the EU's lists."""
        return eu_revocation.hashes_of(certificate)


def unwrap(scanned: Scanned) -> bytes:
    """Return the COSE message of an HC1 text; EncodingError, ComplexityError, UnsupportedFormatError."""
    text = scanned if isinstance(scanned, str) else _ascii(scanned)
    if len(text) > MAX_CHARACTERS:
        raise ComplexityError(f"a code of {len(text)} characters, more than {MAX_CHARACTERS}")
    beginning = _BEGINNING.match(text)
    if beginning is None:
        if _OTHER_VERSION.match(text):
            raise UnsupportedFormatError("expected HC1:, found another version of health certificates")
        raise EncodingError("expected the prefix HC1:")
    # Neither is in the alphabet of Base45, so no character of the code is lost.
    return inflate(decode_base45(text[beginning.end() :].rstrip("\r\n\t")))


def inflate(compressed: bytes) -> bytes:
    """Return the content of a zlib stream; EncodingError, ComplexityError past 64 KiB (threat J2)."""
    decompressor = zlib.decompressobj()
    try:
        data = decompressor.decompress(compressed, MAX_INFLATED + 1)
    except zlib.error as err:
        raise EncodingError("expected data that zlib compressed") from err
    if len(data) > MAX_INFLATED:
        raise ComplexityError(f"the code holds more than {MAX_INFLATED} bytes")
    if not decompressor.eof or decompressor.unused_data:
        raise EncodingError("expected one whole zlib stream")
    return data


def write_hc1(
    claim: int,
    payload: JSONObject,
    *,
    country: str,
    issued: datetime,
    expires: datetime,
    kid: bytes,
    sign: Callable[[bytes], bytes],
) -> str:
    """Return the text of a code with `payload` under the claim, signed by ES256.

    `country` is alpha-2; `sign` gives r || s, 64 bytes, of the P-256 key that `kid` names.
    """
    claims = {
        _ISS: country,
        _EXP: int(expires.timestamp()),
        _IAT: int(issued.timestamp()),
        HCERT: {claim: payload},
    }
    message = write_sign1(cbor2.dumps(claims), kid, sign)
    return PREFIX + encode_base45(zlib.compress(message, 9))


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as err:
        raise EncodingError("expected base45, found another character") from err


def _find_content(claims: dict[Item, Item]) -> tuple[Content, JSONObject]:
    hcert = claims.get(HCERT)
    if hcert is None and who_ddcc.is_flat(claims):
        return who_ddcc.CONTENT, json_object(claims)
    if not isinstance(hcert, dict):
        raise EncodingError("expected a health certificate in the claim -260")
    known = [number for number in (*_CONTENTS, HEALTH_LINK) if number in hcert]
    if not known:
        raise UnsupportedFormatError("the code holds a kind of health certificate that is not known here")
    if len(known) > 1:
        raise EncodingError("expected one health certificate in a code, found several")
    if known[0] == HEALTH_LINK:
        raise UnsupportedFormatError(
            "the code holds a link to a health document (VHL), which is not read here; ask for a certificate"
        )
    payload = json_object(hcert[known[0]])
    content = _CONTENTS[known[0]]
    if content is eu_dcc.CONTENT and who_ddcc.is_flat(payload):
        content = who_ddcc.CONTENT
    return content, payload


def _certificate(
    message: SignedMessage, claims: dict[Item, Item], content: Content, payload: JSONObject
) -> Certificate:
    issuer = claims.get(_ISS)
    if issuer is not None and not isinstance(issuer, str):
        raise EncodingError("expected the issuer's country as text")
    subject = content.read(payload)
    return Certificate(
        format=content.name,
        frame="hc1",
        payload=payload,
        subject=subject,
        issuer=issuer or subject.country,
        valid_from=_moment(claims.get(_IAT)),
        valid_until=_moment(claims.get(_EXP)),
        kid=message.kid,
        algorithm=message.algorithm,
        signed=message.to_be_signed,
        signature=message.signature,
        content=content,
        kid_is_signed=message.kid_is_signed,
        stated_country=issuer or None,
    )


def _moment(seconds: Item) -> datetime | None:
    """Return the moment of a NumericDate; None where there is none."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= _MAX_SECONDS:
        raise EncodingError("expected a time in seconds")
    return datetime.fromtimestamp(seconds, UTC)
