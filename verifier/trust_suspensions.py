"""Whom a verifier has suspended by its own decision: a file of reasons beside its trust lists.

A ministry whose key leaked stays on its list until the list's publisher acts; whoever knows of it meanwhile
suspends the entry here, by its DID or by the key identifier of a signer, and newer lists do not undo it. The
verdict then names the suspension and its reason (threat I3). Not here: what a suspension reaches
(`health.trust.suspensions`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from health.trust import Suspension, Suspensions
from runtime.atomic import read_file, write_file
from runtime.locked import locked_folder
from vclib.did import parse_did
from vclib.errors import ComplexityError, ConfigurationError, InvalidDIDError, MalformedError
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object
from verifier.config import VerifierConfig

_MAX_BYTES = 1024 * 1024
_MAX_REASON = 300
_KEY_ID = re.compile(r"[0-9a-fA-F]{2,64}")
_KEY_DIGEST = re.compile(r"[0-9a-f]{64}")


def suspended_path(config: VerifierConfig) -> Path:
    """Return the file of a verifier's suspensions."""
    return config.home / "suspended.json"


def read_suspended(config: VerifierConfig) -> Suspensions:
    """Return whom this verifier has suspended; ConfigurationError, StoreError."""
    path = suspended_path(config)
    if not path.exists():
        return Suspensions()
    try:
        document = parse_json_object(read_file(path, max_bytes=_MAX_BYTES))
    except (MalformedError, ComplexityError) as err:
        raise ConfigurationError(f"{path}: {err.message}") from err
    found = document.get("suspended")
    if not isinstance(found, dict) or document.keys() != {"suspended"}:
        raise ConfigurationError(f'{path}: expected {{"suspended": {{ID: REASON}}}} and nothing else')
    try:
        return Suspensions({checked_id(entry): _suspension(entry, each) for entry, each in found.items()})
    except ConfigurationError as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def suspend(
    config: VerifierConfig, entry: str, reason: str, *, keys: frozenset[str] = frozenset()
) -> Suspension:
    """Suspend an entry for a reason, with these keys and those that it had when it was suspended before.

    `keys` are `key_digest`s. Returns what is in force; ConfigurationError for what cannot be an entry or a
    reason.
    """
    if not reason.strip() or len(reason) > _MAX_REASON:
        raise ConfigurationError(f"--reason: expected 1 to {_MAX_REASON} characters")
    checked = checked_id(entry)
    with locked_folder(config.home):
        found = dict(read_suspended(config).by_id)
        before = found.get(checked, Suspension(reason))
        suspension = Suspension(reason, before.keys | keys)
        _write(config, {**found, checked: suspension})
    return suspension


def resume(config: VerifierConfig, entry: str) -> list[str]:
    """End a suspension, of its keys too; ConfigurationError where there is none.

    Returns the entries that are still suspended with a key of it, and so keep it suspended.
    """
    checked = checked_id(entry)
    with locked_folder(config.home):
        found = dict(read_suspended(config).by_id)
        ended = found.pop(checked, None)
        if ended is None:
            raise ConfigurationError(f"{entry[:80]!r} is not suspended here")
        _write(config, found)
    return sorted(other for other, each in found.items() if not ended.keys.isdisjoint(each.keys))


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


def _suspension(entry: str, written: JSONValue) -> Suspension:
    """Return what stands in the file: a reason alone, or with keys."""
    members = written if isinstance(written, dict) else {"reason": written, "keys": []}
    reason, keys = members.get("reason"), members.get("keys")
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigurationError(f"expected a reason for {entry[:80]!r}")
    if not isinstance(keys, list) or members.keys() != {"reason", "keys"}:
        raise ConfigurationError(f"{entry[:80]!r}: expected reason, keys, and nothing else")
    return Suspension(reason, frozenset(_checked_key(entry, each) for each in keys))


def _checked_key(entry: str, key: JSONValue) -> str:
    if not isinstance(key, str) or not _KEY_DIGEST.fullmatch(key):
        raise ConfigurationError(f"{entry[:80]!r}: expected keys as SHA-256 in small hexadecimal")
    return key


def _write(config: VerifierConfig, suspensions: Mapping[str, Suspension]) -> None:
    written: JSONObject = {
        entry: {"reason": each.reason, "keys": [*sorted(each.keys)]} if each.keys else each.reason
        for entry, each in sorted(suspensions.items())
    }
    write_file(suspended_path(config), (dump_json({"suspended": written}, indent=2) + "\n").encode())
