"""The steps of the EU's test files: what each says should happen, and what happens here.

Source: https://github.com/eu-digital-green-certificates/dgc-testdata (README, "Possible boolean variables").
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from health.formats import read_certificate
from health.formats.cose import SignedMessage, read_sign1, verify_signature
from health.formats.eu_dcc import find_entry, read, unknown_codes
from health.formats.hc1 import EU_DCC, HC1, HCERT, inflate, unwrap
from health.formats.strict_cbor import decode_cbor
from health.trust import SignerSet, TrustedSigner, certificate_kid
from runtime.qr import read_qr
from vclib.base45 import decode_base45
from vclib.errors import VCError

Sample = dict[str, Any]

_FOLDERS = ("2dcode", "raw")

# Expectations that are not met here, by file and step, and why: faults of the samples, or an older rule.
DIFFERENCES: dict[tuple[str, str], str] = {
    ("ES/1502", "EXPECTEDSCHEMAVALIDATION"): "born after the test that was positive",
    ("ES/2102", "EXPECTEDSCHEMAVALIDATION"): "born after the test that was positive",
    (
        "NL/109-NL-vaccination",
        "EXPECTEDSCHEMAVALIDATION",
    ): "a series of zero doses, as in schema 1.0.0",
    ("NL/121-NL-vaccination", "EXPECTEDSCHEMAVALIDATION"): "dose number zero, as schema 1.0.0 let it pass",
    ("NL/211-NL-recovery", "EXPECTEDSCHEMAVALIDATION"): "a forename without letters, which the schema admits",
    ("PL/1.3.0/1", "EXPECTEDSCHEMAVALIDATION"): "its JSON is of another person, with small letters in fnt",
    ("PL/1.3.0/1", "EXPECTEDDECODE"): "its JSON is of another person than its CBOR",
    ("PL/1.3.0/1", "EXPECTEDVALIDJSON"): "its JSON is of another person than its code",
    ("PL/1.3.0/5", "EXPECTEDSCHEMAVALIDATION"): "its JSON is of another person, with small letters in fnt",
    ("PL/1.3.0/5", "EXPECTEDDECODE"): "its JSON is of another person than its CBOR",
    ("PL/1.3.0/5", "EXPECTEDVALIDJSON"): "its JSON is of another person than its code",
    ("RO/2", "EXPECTEDSCHEMAVALIDATION"): "two vaccinations, of which schema 1.2.1 and later admit one",
}


def name_of(file: Path, root: Path) -> str:
    """Return the short name of a sample, e.g. "PL/1.3.0/1"."""
    parts = [part for part in file.relative_to(root).with_suffix("").parts if part.lower() not in _FOLDERS]
    return "/".join(parts)


def load(file: Path) -> Sample:
    """Return a sample file as JSON."""
    sample: Sample = json.loads(file.read_text(encoding="utf-8"))
    return sample


def expectations(sample: Sample) -> Iterator[tuple[str, bool]]:
    """Give the steps with an expectation that are known here."""
    for step, expected in sample["EXPECTEDRESULTS"].items():
        if step in STEPS and all(member in sample for member in _NEEDED.get(step, ())):
            yield step, expected


def run(step: str, sample: Sample) -> tuple[bool, str]:
    """Run one step; say whether it succeeded, and why not."""
    try:
        return STEPS[step](sample), "another value"
    except VCError as err:
        return False, err.message


def signer_of(sample: Sample) -> TrustedSigner:
    """Return the signer of the test context, trusted at any time."""
    der = base64.b64decode(sample["TESTCTX"]["CERTIFICATE"])
    key: Any = x509.load_der_x509_certificate(der).public_key()
    return TrustedSigner(
        certificate_kid(der), der, key, None, "test signer", "XX", None, None, None, None, "sample", True
    )


def clock(sample: Sample) -> datetime:
    """Return the clock of the test context; UTC where it names no zone."""
    moment = datetime.fromisoformat(sample["TESTCTX"]["VALIDATIONCLOCK"])
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _decode(sample: Sample) -> bool:
    decoded = decode_cbor(bytes.fromhex(sample["CBOR"]))
    # Some files have the whole claims here.
    content = decoded[HCERT][EU_DCC] if HCERT in decoded else decoded
    return bool("JSON" not in sample or content == sample["JSON"])


def _schema(sample: Sample) -> bool:
    payload = sample["JSON"] if "JSON" in sample else read_certificate(sample["PREFIX"]).payload
    read(payload)
    # Whether a code is in a value set is part of the schema, and of no decision here.
    strict = sample["EXPECTEDRESULTS"]["EXPECTEDSCHEMAVALIDATION"]
    return bool(strict) or not unknown_codes(payload)


def _message(sample: Sample) -> SignedMessage:
    return read_sign1(bytes.fromhex(sample["COSE"]) if "COSE" in sample else unwrap(sample["PREFIX"]))


def _verify(sample: Sample) -> bool:
    message = _message(sample)
    signers = SignerSet.of([signer_of(sample)]).signers_for(message.kid, format="eu-dcc")
    for signer in signers:
        verify_signature(message.to_be_signed, message.signature, message.algorithm, signer.public_key)
    return bool(signers)


def _key_usage(sample: Sample) -> bool:
    content = decode_cbor(_message(sample).payload)[HCERT][EU_DCC]
    kind = {"v": "vaccination", "t": "test", "r": "recovery"}[find_entry(content)[0]]
    kinds = HC1().kinds_of(signer_of(sample))
    return kinds is None or kind in kinds


def _expiration(sample: Sample) -> bool:
    claims = decode_cbor(_message(sample).payload)
    return bool(claims[6] <= clock(sample).timestamp() <= claims[4])


# A step without the data it is about is not meant.
_NEEDED = {
    "EXPECTEDPICTUREDECODE": ("2DCODE", "PREFIX"),
    "EXPECTEDB45DECODE": ("BASE45", "COMPRESSED"),
    "EXPECTEDCOMPRESSION": ("COMPRESSED", "COSE"),
}

STEPS: dict[str, Callable[[Sample], bool]] = {
    "EXPECTEDPICTUREDECODE": lambda sample: read_qr(base64.b64decode(sample["2DCODE"])) == sample["PREFIX"],
    "EXPECTEDUNPREFIX": lambda sample: (
        HC1().recognises(sample["PREFIX"]) and sample["PREFIX"] == "HC1:" + sample["BASE45"]
    ),
    "EXPECTEDB45DECODE": lambda sample: (
        decode_base45(sample["BASE45"]) == bytes.fromhex(sample["COMPRESSED"])
    ),
    "EXPECTEDCOMPRESSION": lambda sample: (
        inflate(bytes.fromhex(sample["COMPRESSED"])) == bytes.fromhex(sample["COSE"])
        and read_sign1(bytes.fromhex(sample["COSE"])) is not None
    ),
    "EXPECTEDDECODE": _decode,
    "EXPECTEDSCHEMAVALIDATION": _schema,
    "EXPECTEDVALIDJSON": lambda sample: (
        decode_cbor(read_sign1(unwrap(sample["PREFIX"])).payload)[HCERT][EU_DCC] == sample["JSON"]
    ),
    "EXPECTEDVERIFY": _verify,
    "EXPECTEDKEYUSAGE": _key_usage,
    "EXPECTEDEXPIRATIONCHECK": _expiration,
}
