"""The one credential that every suite is measured on: a DDCC:VS of some fifteen claims, as it is minted.

With an id and with entries in two status lists, so that it has as many statements as a minted one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from health import credential_from_record, parse_record
from vclib.status import StatusEntry, status_entry
from vclib.strict_json import JSONObject

VALID_FROM = datetime(2026, 3, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2028, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 2, tzinfo=UTC)

# A person who does not exist, with every element that a proof of vaccination usually has.
RECORD: JSONObject = {
    "name": "Amara Nwosu-Lindqvist",
    "birthDate": "1988-11-23",
    "identifier": "X-4471902",
    "vaccination": {
        "vaccine": "icd11:XM0GQ8",
        "brand": "icd11:XM8NQ0",
        "maholder": {"system": "https://spor.ema.europa.eu/v1/organisations", "code": "ORG-100030215"},
        "lot": "FK2201-B",
        "date": "2026-02-11",
        "dose": 2,
        "totalDoses": 2,
        "validFrom": "2026-02-25",
        "country": "iso3166:SWE",
        "centre": "Southern Harbour Clinic",
        "practitioner": "HW-0093",
        "disease": "icd11:RA01",
    },
    "certificate": {"hcid": "SE-2026-000417-K", "version": "DDCC:VS RC2"},
}


def unsigned_credential(issuer_id: str, holder: str) -> JSONObject:
    """Return the credential without proof, bound to `holder`."""
    return credential_from_record(
        parse_record(RECORD, now=NOW),
        issuer_id=issuer_id,
        issuer_name="Ministry of Health",
        valid_from=VALID_FROM,
        valid_until=VALID_UNTIL,
        holder=holder,
        credential_id="urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        status=[
            status_entry(StatusEntry(purpose, 94_567, f"https://health.example/status/{purpose}-1"))
            for purpose in ("revocation", "suspension")
        ],
    )
