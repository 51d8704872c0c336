"""Whom a verifier has suspended by its own decision: a file of reasons beside its trust lists.

A ministry whose key leaked stays on its list until the list's publisher acts; whoever knows of it meanwhile
suspends the entry here, by its DID or by the key identifier of a signer, and newer lists do not undo it. The
verdict then names the suspension and its reason (threat I3). Not here: suspensions that a registry publishes
(`health.trust.recognized_entities`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from health.trust import SignerSet
from runtime.atomic import read_file, write_file
from runtime.locked import locked_folder
from vclib.did import parse_did
from vclib.errors import ComplexityError, ConfigurationError, InvalidDIDError, MalformedError
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.config import VerifierConfig

_MAX_BYTES = 1024 * 1024
_MAX_REASON = 300
_KEY_ID = re.compile(r"[0-9a-fA-F]{2,64}")


def suspended_path(config: VerifierConfig) -> Path:
    """Return the file of a verifier's suspensions."""
    return config.home / "suspended.json"


def read_suspended(config: VerifierConfig) -> Mapping[str, str]:
    """Return the reasons by DID or key identifier (small hexadecimal); ConfigurationError, StoreError."""
    path = suspended_path(config)
    if not path.exists():
        return MappingProxyType({})
    try:
        document = parse_json_object(read_file(path, max_bytes=_MAX_BYTES))
    except (MalformedError, ComplexityError) as err:
        raise ConfigurationError(f"{path}: {err.message}") from err
    found = document.get("suspended")
    if not isinstance(found, dict) or document.keys() != {"suspended"}:
        raise ConfigurationError(f'{path}: expected {{"suspended": {{ID: REASON}}}} and nothing else')
    reasons: dict[str, str] = {}
    for each, reason in found.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ConfigurationError(f"{path}: expected a reason for {each[:80]!r}")
        reasons[checked_id(each)] = reason
    return MappingProxyType(reasons)


def with_suspensions(signers: SignerSet, suspended: Mapping[str, str]) -> SignerSet:
    """Return signers of which those are suspended whose key identifiers have a reason (`read_suspended`)."""
    named = (signer for several in signers.by_kid.values() for signer in several)
    return SignerSet.of(replace(signer, suspended=suspended.get(signer.kid.hex(), "")) for signer in named)


def suspend(config: VerifierConfig, entry: str, reason: str) -> None:
    """Suspend an entry for a reason; ConfigurationError for what cannot be one."""
    if not reason.strip() or len(reason) > _MAX_REASON:
        raise ConfigurationError(f"--reason: expected 1 to {_MAX_REASON} characters")
    checked = checked_id(entry)
    with locked_folder(config.home):
        _write(config, {**read_suspended(config), checked: reason})


def resume(config: VerifierConfig, entry: str) -> None:
    """End a suspension; ConfigurationError where there is none."""
    checked = checked_id(entry)
    with locked_folder(config.home):
        found = dict(read_suspended(config))
        if found.pop(checked, None) is None:
            raise ConfigurationError(f"{entry[:80]!r} is not suspended here")
        _write(config, found)


def checked_id(entry: str) -> str:
    """Return a DID, or a key identifier in small hexadecimal; ConfigurationError."""
    if entry.startswith("did:"):
        try:
            # A URL of one of its keys would suspend nobody, and look as if it did.
            return parse_did(entry).text
        except InvalidDIDError as err:
            raise ConfigurationError(f"expected a DID without anything behind it: {err.message}") from err
    if not _KEY_ID.fullmatch(entry) or len(entry) % 2:
        raise ConfigurationError(f"expected a DID or a key identifier in hexadecimal, found {entry[:80]!r}")
    return entry.lower()


def _write(config: VerifierConfig, reasons: Mapping[str, str]) -> None:
    content: JSONObject = {"suspended": dict(sorted(reasons.items()))}
    write_file(suspended_path(config), (dump_json(content, indent=2) + "\n").encode())
