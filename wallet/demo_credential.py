"""A credential to try the wallet with: real in every part but the issuer, which is a key made and forgotten.

It says so itself in the issuer's name, and no verifier trusts it. Not here: real issuing (`issuer`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from health import credential_from_record, mandatory_pointers, parse_record
from vclib.did import did_key, did_key_method
from vclib.keys import KeyType, generate_private_key
from vclib.proofs import add_proof
from vclib.strict_json import JSONObject

ISSUER_NAME = "Demonstration (nobody trusts this issuer)"
_VALID = timedelta(days=180)
_GIVEN_BEFORE = timedelta(days=60)


def demo_credential(holder: str, *, now: datetime) -> JSONObject:
    """Return a vaccination credential of an invented person, bound to the DID `holder`."""
    record: JSONObject = {
        "name": "Alex Example",
        "birthDate": "1990-05-17",
        "sex": "other",
        "vaccination": {
            "vaccine": "icd11:XM0GQ8",
            "brand": "icd11:XM8NQ0",
            "manufacturer": "ema:ORG-100030215",
            "disease": "icd11:RA01",
            "lot": "DEMO-1",
            "date": f"{now - _GIVEN_BEFORE:%Y-%m-%d}",
            "dose": 2,
            "totalDoses": 2,
            "country": "CHE",
            "centre": "Demonstration centre",
        },
        "certificate": {"hcid": "DEMO-0001"},
    }
    key = generate_private_key(KeyType.P256)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    document = credential_from_record(
        parse_record(record, now=now),
        issuer_id=did_key(key.public_key),
        issuer_name=ISSUER_NAME,
        valid_from=midnight,
        valid_until=midnight + _VALID - timedelta(seconds=1),
        holder=holder,
    )
    return add_proof(
        document,
        cryptosuite="ecdsa-sd-2023",
        key=key,
        verification_method=did_key_method(key.public_key),
        created=now,
        mandatory_pointers=mandatory_pointers(document),
    )
