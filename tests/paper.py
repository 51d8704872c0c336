"""A document signer for tests, and codes of every content that it signs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2

from health.formats import make_signer_certificate, read_signer_certificates
from health.formats.cose import write_sign1
from health.formats.hc1 import EU_DCC, HCERT, ICVP, WHO_TR, WHO_VS
from health.trust import SignerSet, TrustedSigner, certificate_kid
from vclib.base45 import encode_base45
from vclib.keys import KeyType, PrivateKey

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ISSUED = NOW - timedelta(days=30)
EXPIRES = NOW + timedelta(days=335)
KEY = PrivateKey.from_secret_bytes(KeyType.P256, (7).to_bytes(32, "big"))
OTHER_KEY = PrivateKey.from_secret_bytes(KeyType.P256, (8).to_bytes(32, "big"))
CERTIFICATE = make_signer_certificate(
    KEY,
    country="AT",
    name="Ministry of Health",
    begins=NOW - timedelta(days=60),
    ends=NOW + timedelta(days=600),
)
KID = certificate_kid(CERTIFICATE)

VACCINATION: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fn": "Gößinger", "fnt": "GOESSINGER", "gn": "Anna", "gnt": "ANNA"},
    "dob": "1998-02-26",
    "v": [
        {
            "tg": "840539006",
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 3,
            "sd": 2,
            "dt": "2026-02-18",
            "co": "AT",
            "is": "Ministry of Health",
            "ci": "URN:UVCI:01:AT:TEST0001#B",
        }
    ],
}
TEST: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fnt": "GOESSINGER"},
    "dob": "1998",
    "t": [
        {
            "tg": "840539006",
            "tt": "LP6464-4",
            "sc": "2026-06-20T12:34:56+02:00",
            "tr": "260415000",
            "tc": "City Clinic",
            "co": "AT",
            "is": "Ministry of Health",
            "ci": "URN:UVCI:01:AT:TEST0002#C",
        }
    ],
}
RECOVERY: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fnt": "GOESSINGER"},
    "dob": "",
    "r": [
        {
            "tg": "840539006",
            "fr": "2026-03-01",
            "df": "2026-03-12",
            "du": "2026-08-28",
            "co": "AT",
            "is": "Ministry of Health",
            "ci": "URN:UVCI:01:AT:TEST0003#D",
        }
    ],
}
# The shape of the pilots' codes; no value is taken from them.
WHO_VACCINATION: dict[str, Any] = {
    "name": "Tamsin Oduya",
    "birthDate": "1991-04-05",
    "identifier": "P-77",
    "sex": {"code": "female", "system": "http://hl7.org/fhir/administrative-gender"},
    "vaccine": {"code": "1119349007", "system": "http://snomed.info/sct"},
    "brand": {"code": "XM8NQ0", "system": "http://id.who.int/icd11/mms"},
    "manufacturer": {"code": "ORG-100030215", "system": "https://spor.ema.europa.eu/v1/organisations"},
    "lot": "L-1",
    "date": "2026-05-04",
    "dose": 1,
    "total_doses": 2,
    "country": {"code": "KEN", "system": "urn:iso:std:iso:3166"},
    "centre": None,
    "disease": {"code": "840539006", "system": "http://snomed.info/sct"},
    "pha": "Ministry",
    "hcid": "HC-1",
    "valid_from": "2026-05-04",
    "valid_until": "2027-05-04",
}
WHO_TEST: dict[str, Any] = {
    "name": "Tamsin Oduya",
    "birthDate": "1991-04-05",
    "identifier": "URN:UVCI:01:SG:TEST",
    "test": {
        "pathogen": {"code": "XN109", "system": "http://id.who.int/icd11/mms", "display": "SARS-CoV-2"},
        "type": {"code": "LP6464-4", "system": "http://loinc.org"},
        "date": "2026-06-27T06:15:00Z",
        "result": {"code": "260415000", "system": "http://snomed.info/sct"},
        "centre": "City Clinic",
        "country": {"code": "SGP", "system": "urn:iso:std:iso:3166-1"},
    },
}
ICVP_PILOT: dict[str, Any] = {
    "n": "Rosa Iglesias",
    "dob": "1988-12-01",
    "s": "F",
    "ntl": "CL",
    "nid": "1-9",
    "gn": "",
    "v": {
        "vp": "XM0N24",
        "dt": "2026-01-10",
        "bo": "B-9",
        "dn": "Primary",
        "tg": "1D47",
        "cn": "Dr. Vega",
        "is": "Institute",
        "vls": "2026-01-20",
    },
}
ICVP_CURRENT: dict[str, Any] = {
    "n": "Rosa Iglesias",
    "dob": "1988-12-01",
    "s": "F",
    "nt": "CHL",
    "v": "1.0",
    "vx": {"vp": "YellowFeverProduct1", "dt": "2026-01-10", "bo": "B-9", "is": "Institute"},
}

CONTENTS: Mapping[str, tuple[int | None, dict[str, Any]]] = {
    "EU vaccination": (EU_DCC, VACCINATION),
    "EU test": (EU_DCC, TEST),
    "EU recovery": (EU_DCC, RECOVERY),
    "WHO vaccination": (WHO_VS, WHO_VACCINATION),
    "WHO test": (WHO_TR, WHO_TEST),
    "WHO vaccination under the EU's claim": (EU_DCC, WHO_VACCINATION),
    "WHO vaccination without claims": (None, WHO_VACCINATION),
    "ICVP of the pilots": (ICVP, ICVP_PILOT),
    "ICVP of the current model": (ICVP, ICVP_CURRENT),
}


def signers(**changes: Any) -> SignerSet:
    """Return the test signer as the only trusted one, with what is changed."""
    (signer,) = read_signer_certificates(CERTIFICATE, source="test")
    return SignerSet.of([TrustedSigner(**(vars(signer) | changes))])


def claims(claim: int | None, payload: dict[str, Any], **changes: Any) -> dict[Any, Any]:
    """Return CWT claims with a content, or the content alone where there is no claim."""
    if claim is None:
        return payload
    made: dict[Any, Any] = {
        1: "AT",
        6: int(ISSUED.timestamp()),
        4: int(EXPIRES.timestamp()),
        HCERT: {claim: payload},
    }
    return made | {int(name.lstrip("_")): value for name, value in changes.items()}


def code(content: dict[Any, Any], *, key: PrivateKey = KEY, kid: bytes = KID) -> str:
    """Return the text of a code with these claims."""
    return wrapped(write_sign1(cbor2.dumps(content), kid, key.sign))


def wrapped(message: bytes) -> str:
    """Return the text of a code with this COSE message."""
    return "HC1:" + encode_base45(zlib.compress(message))
