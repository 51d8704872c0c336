"""What a wallet holds: keys, credentials and the history of what became of them, as rows of its store.

Each is a frozen value with `to_bytes` and `from_bytes` for the sealed row and `summary` for the list. A
credential's document is kept as it was received: a signature covers its meaning, so it is never rebuilt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from health import claims_from_credential
from vclib import jcs
from vclib.credentials import Credential
from vclib.datetimes import format_datetime, parse_datetime
from vclib.did import did_key, did_key_method
from vclib.keys import KeyType, PrivateKey, decode_secret_multikey, encode_secret_multikey
from vclib.proofs import is_base_proof, proofs_of, without_proofs
from vclib.strict_json import JSONObject, JSONValue, dump_json

KEY = "key"
CREDENTIAL = "credential"
HISTORY = "history"
ISSUANCE = "issuance"
SETTINGS = "settings"

# Key type -> the cryptosuite that signs presentations with it.
PRESENTATION_SUITES: Mapping[KeyType, str] = MappingProxyType(
    {KeyType.P256: "ecdsa-rdfc-2019", KeyType.ED25519: "eddsa-rdfc-2022"}
)

# The JSON pointer of a whole document.
EVERYTHING = ""


@dataclass(frozen=True)
class HeldKey:
    """A key of the wallet, named for whom or what it is used."""

    name: str
    private_key: PrivateKey = field(repr=False)
    created: datetime

    @property
    def did(self) -> str:
        """The did:key."""
        return did_key(self.private_key.public_key)

    @property
    def verification_method(self) -> str:
        """The DID URL of the key itself."""
        return did_key_method(self.private_key.public_key)

    @property
    def cryptosuite(self) -> str:
        """The suite that signs presentations with this key."""
        return PRESENTATION_SUITES[self.private_key.key_type]

    def summary(self) -> JSONObject:
        """Return what a list shows; nothing secret."""
        return {
            "name": self.name,
            "did": self.did,
            "type": str(self.private_key.key_type),
            "created": format_datetime(self.created),
        }

    def to_json(self) -> JSONObject:
        """Return name, time and the secret key as Multikey; for sealed rows and backups only."""
        return {
            "name": self.name,
            "secretKeyMultibase": encode_secret_multikey(self.private_key),
            "created": format_datetime(self.created),
        }

    @classmethod
    def from_json(cls, members: JSONObject) -> HeldKey:
        """Return the key of `to_json`; raises EncodingError, KeyMaterialError, MalformedValueError."""
        return cls(
            name=str(members["name"]),
            private_key=decode_secret_multikey(members["secretKeyMultibase"]),
            created=parse_datetime(members["created"]),
        )


@dataclass(frozen=True)
class HeldCredential:
    """A credential as it was received, base proofs included, and what the wallet knows about it.

    `single_use`: it should be presented once only; `presented` counts how often it was. `copied`: it came out
    of a backup, so another wallet may hold (and use) it too.
    """

    document: JSONObject
    added: datetime
    single_use: bool = False
    presented: int = 0
    copied: bool = False

    def to_json(self) -> JSONObject:
        """Return all of it; for sealed rows and backups only."""
        return {
            "document": self.document,
            "added": format_datetime(self.added),
            "singleUse": self.single_use,
            "presented": self.presented,
            "copied": self.copied,
        }

    @classmethod
    def from_json(cls, members: JSONObject) -> HeldCredential:
        """Return the credential of `to_json`, unchecked."""
        document, presented = members["document"], members["presented"]
        if not isinstance(document, dict) or not isinstance(presented, int):
            raise TypeError("not a held credential")
        return cls(
            document=document,
            added=parse_datetime(members["added"]),
            single_use=members["singleUse"] is True,
            presented=presented,
            copied=members["copied"] is True,
        )

    def summary(self, credential: Credential) -> JSONObject:
        """Return what a list shows; `credential` is the parsed document."""
        shown = {claim.pointer: claim.display for claim in claims_from_credential(self.document)}
        period = (credential.valid_from, credential.valid_until)
        valid_from, valid_until = (None if moment is None else format_datetime(moment) for moment in period)
        return {
            "title": shown.get("/type", ""),
            "types": list(credential.types),
            "person": shown.get("/credentialSubject/name"),
            "issuer": credential.issuer_id,
            "issuerName": credential.issuer_name,
            "validFrom": valid_from,
            "validUntil": valid_until,
            "subjectIds": list(credential.subject_ids),
            "proofs": [_proof_name(proof) for proof in proofs_of(self.document)],
            "digest": content_digest(self.document),
            "added": format_datetime(self.added),
            "singleUse": self.single_use,
            "presented": self.presented,
            "copied": self.copied,
        }


@dataclass(frozen=True)
class HistoryEntry:
    """Something that happened: `action` what, `outcome` how it ended, `members` the particulars.

    Particulars of a presentation are who asked (domain), what left (pointer, label, value) and from which
    credentials; of a failure its code.
    """

    at: datetime
    action: str
    outcome: str
    members: JSONObject

    def to_json(self) -> JSONObject:
        """Return the entry with its particulars."""
        return {
            "at": format_datetime(self.at),
            "action": self.action,
            "outcome": self.outcome,
            **self.members,
        }

    @classmethod
    def from_json(cls, entry: JSONObject) -> HistoryEntry:
        """Return the entry of `to_json`."""
        members = {name: value for name, value in entry.items() if name not in ("at", "action", "outcome")}
        return cls(parse_datetime(entry["at"]), str(entry["action"]), str(entry["outcome"]), members)

    def summary(self) -> JSONObject:
        """Return what a list shows: when, what, how it ended, who asked."""
        return {
            "at": format_datetime(self.at),
            "action": self.action,
            "outcome": self.outcome,
            "domain": self.members.get("domain"),
        }


def to_row(members: JSONObject) -> bytes:
    """Return JSON as the bytes of a row."""
    return dump_json(members).encode()


def from_row(content: bytes) -> JSONObject:
    """Return the JSON of a row that this wallet wrote."""
    # What came from outside was parsed strictly before it was written, and rows are authenticated.
    members: JSONObject = json.loads(content)
    return members


def content_digest(document: JSONObject) -> str:
    """Return a name for what a credential says and who secured it how, the same for the same credential.

    SHA-256 (hex) over the RFC 8785 form without the proof values: an ECDSA signature has two valid forms, so
    no signature is ever part of a name (threat C12).
    """
    proofs: list[JSONValue] = [
        {name: value for name, value in proof.items() if name != "proofValue"}
        for proof in proofs_of(document)
    ]
    return hashlib.sha256(jcs.canonicalize({**without_proofs(document), "proof": proofs})).hexdigest()


def _proof_name(proof: JSONObject) -> str:
    name = str(proof.get("cryptosuite", proof.get("type", "?")))
    return f"{name} (selective)" if is_base_proof(proof) else name
