"""The operations that are measured, each with its floor: what the operation cannot do without.

The floor is the operation's bare signatures, proofs and verifications through the same crypto library, as
many as the operation makes, on messages of its size. Everything above it is JSON, canonicalization and our
own code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import cbor2

from bench.credential import NOW, unsigned_credential
from health.disclosure import mandatory_pointers, pointers_for
from vclib import bbs, proofs
from vclib.cryptosuites import SELECTIVE_SUITES
from vclib.datetimes import format_datetime
from vclib.did import did_key, did_key_method, resolver
from vclib.encoding import decode_multibase
from vclib.environment import Environment
from vclib.keys import (
    KeyType,
    PrivateKey,
    encode_multikey,
    encode_secret_multikey,
    generate_private_key,
)
from vclib.strict_json import JSONObject
from vclib.verification import verify_credential

CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SITUATION = "venue"

# Suite and key type, in the order in which the documentation names them.
SUITES: tuple[tuple[str, KeyType], ...] = (
    ("ecdsa-sd-2023", KeyType.P256),
    ("bbs-2023", KeyType.BLS12_381_G2),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("ecdsa-jcs-2019", KeyType.P256),
    ("eddsa-jcs-2022", KeyType.ED25519),
)

# A statement of the credential is about this long in N-Quads.
_MESSAGE = b"m" * 120


@dataclass(frozen=True)
class Case:
    """One operation of one suite, and its floor (None where no signature is made or checked).

    `request` is what the other implementation is asked for the same, None where it has nothing like it.
    """

    suite: str
    operation: str
    run: Callable[[], object]
    floor: Callable[[], object] | None
    floor_is: str
    request: JSONObject | None = None


@dataclass(frozen=True)
class _Setting:
    """What the operations of one suite share: a key and the credential without its proof."""

    suite: str
    key: PrivateKey
    method: str
    unsigned: JSONObject

    @classmethod
    def of(cls, suite: str, key_type: KeyType) -> _Setting:
        key = generate_private_key(key_type)
        holder = did_key(generate_private_key(KeyType.P256).public_key)
        unsigned = unsigned_credential(did_key(key.public_key), holder)
        return cls(suite, key, did_key_method(key.public_key), unsigned)

    @cached_property
    def signed(self) -> JSONObject:
        """The credential with its proof."""
        return _issue(self)()


def cases_of(suite: str, key_type: KeyType) -> list[Case]:
    """Return issue, derive (selective suites) and verify of `suite`."""
    setting = _Setting.of(suite, key_type)
    if suite == "ecdsa-sd-2023":
        return _ecdsa_sd_cases(setting)
    if suite == "bbs-2023":
        return _bbs_cases(setting)
    return _plain_cases(setting)


def _issue(setting: _Setting) -> Callable[[], JSONObject]:
    pointers = mandatory_pointers(setting.unsigned) if setting.suite in SELECTIVE_SUITES else ()
    return lambda: proofs.add_proof(
        setting.unsigned,
        cryptosuite=setting.suite,
        key=setting.key,
        verification_method=setting.method,
        created=CREATED,
        mandatory_pointers=pointers,
    )


def _derive(setting: _Setting) -> Callable[[], JSONObject]:
    pointers = pointers_for(SITUATION, setting.signed)
    return lambda: proofs.derive(setting.signed, selective_pointers=pointers)


def _verify(document: JSONObject) -> Callable[[], object]:
    resolve = resolver()
    return lambda: proofs.verify_proofs(document, purpose=proofs.ASSERTION_METHOD, resolve=resolve, now=NOW)


def _check(document: JSONObject) -> Callable[[], object]:
    environment = Environment(resolve=resolver(), now=NOW)
    return lambda: verify_credential(document, environment)


def _issue_request(setting: _Setting) -> JSONObject:
    key: JSONObject = {
        "id": setting.method,
        "controller": did_key(setting.key.public_key),
        "publicKeyMultibase": encode_multikey(setting.key.public_key),
        "secretKeyMultibase": encode_secret_multikey(setting.key),
    }
    request: JSONObject = {
        "op": "issue",
        "suite": setting.suite,
        "key": key,
        "credential": setting.unsigned,
        "created": format_datetime(CREATED),
        "secretHex": setting.key.secret_bytes.hex(),
    }
    if setting.suite in SELECTIVE_SUITES:
        request["mandatoryPointers"] = [*mandatory_pointers(setting.unsigned)]
    return request


def _derive_request(setting: _Setting) -> JSONObject:
    pointers = pointers_for(SITUATION, setting.signed)
    return {
        "op": "derive",
        "suite": setting.suite,
        "credential": setting.signed,
        "selectivePointers": [*pointers],
    }


def _verify_request(setting: _Setting, document: JSONObject) -> JSONObject:
    return {"op": "verify", "suite": setting.suite, "credential": document, "now": format_datetime(NOW)}


def _verify_cases(
    setting: _Setting, document: JSONObject, floor: Callable[[], object], floor_is: str
) -> list[Case]:
    """Return the proofs alone, and the whole check of the credential, which is what others do as one."""
    return [
        Case(setting.suite, "verify", _verify(document), floor, floor_is),
        Case(
            setting.suite,
            "check all",
            _check(document),
            floor,
            floor_is,
            _verify_request(setting, document),
        ),
    ]


def _plain_cases(setting: _Setting) -> list[Case]:
    key, public_key = setting.key, setting.key.public_key
    signature = key.sign(_MESSAGE)
    return [
        Case(
            setting.suite,
            "issue",
            _issue(setting),
            lambda: key.sign(_MESSAGE),
            "1 signature",
            _issue_request(setting),
        ),
        *_verify_cases(
            setting, setting.signed, lambda: public_key.verify(signature, _MESSAGE), "1 verification"
        ),
    ]


def _ecdsa_sd_cases(setting: _Setting) -> list[Case]:
    key, public_key = setting.key, setting.key.public_key
    derived = _derive(setting)()
    issued = _signature_count(setting.signed, position=3)
    shown = _signature_count(derived, position=2)
    signature = key.sign(_MESSAGE)

    def sign_all() -> None:
        for _ in range(issued + 1):
            key.sign(_MESSAGE)

    def verify_all() -> None:
        for _ in range(shown + 1):
            public_key.verify(signature, _MESSAGE)

    return [
        Case(
            setting.suite,
            "issue",
            _issue(setting),
            sign_all,
            f"{issued + 1} signatures",
            _issue_request(setting),
        ),
        Case(setting.suite, "derive", _derive(setting), None, "no signature", _derive_request(setting)),
        *_verify_cases(setting, derived, verify_all, f"{shown + 1} verifications"),
    ]


def _signature_count(document: JSONObject, *, position: int) -> int:
    """Return how many statements have a signature of their own, read from the proof value's array."""
    return len(_components(document)[position])


def _bbs_cases(setting: _Setting) -> list[Case]:
    derived = _derive(setting)()
    proof_bytes, _, _, shown_indexes, _ = _components(derived)
    shown = len(shown_indexes)
    # Each hidden message adds one scalar of 32 bytes to a proof.
    total = shown + (len(proof_bytes) - bbs.PROOF_BYTES_FLOOR) // 32
    secret, public = setting.key.secret_bytes, setting.key.public_key.key_bytes
    header, indexes = b"h" * 64, list(range(shown))
    messages = [_MESSAGE + bytes([number]) for number in range(total)]
    signature = bbs.sign(secret, public, header=header, messages=messages)
    bare_proof = bbs.proof_gen(public, signature, header=header, messages=messages, disclosed_indexes=indexes)

    def sign() -> bytes:
        return bbs.sign(secret, public, header=header, messages=messages)

    def prove() -> bytes:
        # A holder verifies what it proves to have, as the BBS draft recommends.
        return bbs.proof_gen(
            public,
            signature,
            header=header,
            messages=messages,
            disclosed_indexes=indexes,
            verify_first=True,
        )

    def verify() -> None:
        bbs.proof_verify(
            public, bare_proof, header=header, disclosed_messages=messages[:shown], disclosed_indexes=indexes
        )

    floor_is = f"1 BBS verification and proof, {shown} of {total} shown"
    return [
        Case(
            setting.suite,
            "issue",
            _issue(setting),
            sign,
            f"1 BBS signature, {total} messages",
            _issue_request(setting),
        ),
        Case(setting.suite, "derive", _derive(setting), prove, floor_is, _derive_request(setting)),
        *_verify_cases(setting, derived, verify, "1 BBS proof verification"),
    ]


# Any: a decoded CBOR array holds values of several kinds, and a benchmark trusts its own documents.
def _components(document: JSONObject) -> list[Any]:
    (proof,) = proofs.proofs_of(document)
    components: list[Any] = cbor2.loads(decode_multibase(proof["proofValue"], bases="u")[3:])
    return components
