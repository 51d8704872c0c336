"""How the issuer's results are told: as lines for a person, as JSON for a program.

Lines name records by our ids, kinds and dates; a person's data is printed only where it is asked for by
`ddcc issuer show`. Not here: deciding anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from issuer.config import IssuerConfig
from issuer.keys import KEY_TYPES
from issuer.service import Minted, NotMinted, RecordStatus
from issuer.store import StatusPosition
from runtime.audit import AuditEntry
from runtime.keys import KeptKey
from vclib.datetimes import format_datetime
from vclib.did import did_key_method
from vclib.keys import encode_multikey
from vclib.strict_json import JSONObject, JSONValue, parse_json_object

# What the health credentials are called in a trust file (https://w3id.org/ddcc/v1).
CREDENTIAL_TYPES = ("VaccinationStatusCredential", "TestResultCredential", "RecoveryCredential")


def trust_entry(config: IssuerConfig) -> JSONObject:
    """Return a trust file with this issuer as its one entry: the id it mints under, and its other DIDs.

    DIDs that signed before or will sign are among them, so that what they sign is acceptable. A did:web
    needs no others: its document lists all keys.
    """
    issuer_id = config.dids[KEY_TYPES[config.suite]]
    others: list[JSONValue] = [
        did for did in dict.fromkeys((*config.dids.values(), *config.other_dids)) if did != issuer_id
    ]
    entry: JSONObject = {"id": issuer_id, "name": config.name}
    if others:
        entry["keys"] = others
    return {"issuers": [entry | {"types": list(CREDENTIAL_TYPES)}]}


def minted_lines(results: Sequence[Minted | NotMinted], out: Path) -> list[str]:
    """Return one line for each record; `out` is the folder that its file is in."""
    return [
        f"minted  {each.record_id}  {each.kind:<12} {each.suite:<14} {_promises(each)}  -> "
        f"{out / each.file_name}"
        if isinstance(each, Minted)
        else f"refused {each.place}: {each.error.message}"
        for each in results
    ]


def minted_json(results: Sequence[Minted | NotMinted], out: Path) -> JSONObject:
    """Return what became of each record."""
    return {
        "minted": [
            {
                "place": each.place,
                "recordId": each.record_id,
                "kind": each.kind,
                "file": str(out / each.file_name),
                "cryptosuite": each.suite,
                "bound": each.bound,
                "revocable": each.revocable,
            }
            for each in results
            if isinstance(each, Minted)
        ],
        "refused": [
            {"place": each.place, "code": each.error.code, "message": each.error.message}
            for each in results
            if isinstance(each, NotMinted)
        ],
    }


def unlinkable_notes(results: Sequence[Minted | NotMinted]) -> list[str]:
    """Return what to say of credentials whose presentations cannot be linked."""
    minted = [each for each in results if isinstance(each, Minted) and each.suite == "bbs-2023"]
    notes: list[str] = []
    if minted:
        notes.append("bbs-2023: times are cut to the day, so that they do not single anybody out.")
    if any(not each.bound for each in minted):
        notes.append("bbs-2023: bound to no key, a verifier will say so. Who has a copy can present it.")
    if any(not each.revocable for each in minted):
        notes.append("bbs-2023: no status entry, so it cannot be revoked; --with-status adds one.")
    return notes


def status_line(status: RecordStatus) -> str:
    """Return one line about one credential."""
    record = status.record
    return (
        f"{record.record_id}  {status.state:<9}  {record.kind:<12} {record.suite:<14} "
        f"minted {record.minted:%Y-%m-%d}  "
        + (f"valid until {record.valid_until:%Y-%m-%d}" if record.valid_until else "valid without end")
    )


def status_json(status: RecordStatus, *, with_record: bool = False) -> JSONObject:
    """Return everything remembered about one credential, the health record only if asked for."""
    record = status.record
    written: JSONObject = {
        "recordId": record.record_id,
        "credentialId": record.credential_id,
        "state": status.state,
        "kind": record.kind,
        "cryptosuite": record.suite,
        "issuer": record.issuer_id,
        "holder": record.holder,
        "minted": format_datetime(record.minted),
        "validFrom": format_datetime(record.valid_from),
        "validUntil": format_datetime(record.valid_until) if record.valid_until else None,
        "credentialSha256": record.credential_sha256,
        "status": [_position_json(each) for each in status.positions],
    }
    if with_record and record.record is not None:
        written["record"] = parse_json_object(record.record)
    return {name: value for name, value in written.items() if value is not None}


def entry_json(entry: AuditEntry) -> JSONObject:
    """Return one entry of the audit log."""
    return {
        "sequence": entry.sequence,
        "time": entry.time,
        "event": entry.event,
        "details": dict(entry.details),
        "hash": entry.hash,
    }


def key_line(key: KeptKey, config: IssuerConfig) -> str:
    """Return one line about one key."""
    return f"{key.id:<11} {key.key_type:<11} {key.state:<10} {_custody(key):<24} {_method(key, config)}"


def key_json(key: KeptKey, config: IssuerConfig) -> JSONObject:
    """Return what is public about one key, and where its secret is."""
    written: JSONObject = {
        "id": key.id,
        "type": key.key_type.value,
        "state": key.state.value,
        "custody": _custody(key),
        "created": key.created,
        "verificationMethod": _method(key, config),
        "publicKeyMultibase": encode_multikey(key.public_key),
    }
    return {name: value for name, value in written.items() if value is not None}


def _custody(key: KeptKey) -> str:
    if key.place is not None:
        return f"token: {key.place.label or key.place}"
    return "sealed file" if key.secret is not None else "deleted"


def _method(key: KeptKey, config: IssuerConfig) -> str:
    return did_key_method(key.public_key) if config.did is None else f"{config.did}#{key.id}"


def _promises(minted: Minted) -> str:
    bound = "bound to holder" if minted.bound else "bound to no key"
    return bound if minted.revocable else f"{bound}, not revocable"


def _position_json(entry: StatusPosition) -> JSONObject:
    written: JSONObject = {
        "purpose": entry.status_list.purpose,
        "list": entry.status_list.url,
        "index": entry.position,
        "value": entry.value,
        "reason": entry.reason,
        "changed": format_datetime(entry.changed) if entry.changed else None,
    }
    return {name: value for name, value in written.items() if value is not None}
