"""A backup: everything a wallet holds in one sealed file, and what became of it when it is restored.

The backup has a passphrase of its own, because it lies where the wallet does not. It is the only form in
which base proofs and secret keys leave. Restoring adds what is missing and changes nothing that is there;
the other wallet goes on existing, so what may be used once only is marked (threat K10).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters, open_sealed, seal
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import EncodingError, KeyMaterialError, MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, dump_json
from wallet.holdings import CREDENTIAL, HISTORY, KEY, HeldCredential, HeldKey, HistoryEntry, to_row
from wallet.padding import pad, unpad
from wallet.store import Change

MAX_BACKUP_BYTES = 256 * 1024 * 1024

_AAD = b"ddcc wallet backup 1"
_FORMAT = "ddcc-wallet-backup"


@dataclass(frozen=True)
class Backup:
    """What a backup holds; `wallet` is the id of the wallet it was made from, `saves` its count then."""

    wallet: str
    created: datetime
    saves: int
    keys: tuple[HeldKey, ...]
    credentials: tuple[HeldCredential, ...]
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True)
class RestoreReport:
    """What a restore added and what was there already.

    `other_copy`: the backup came out of another wallet, which may still be in use. `single_use` counts the
    credentials for one use that the other wallet may have used.
    """

    created: datetime
    keys: int
    credentials: int
    history: int
    already_there: int
    single_use: int
    other_copy: bool


def seal_backup(
    backup: Backup, passphrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS
) -> bytes:
    """Return the bytes of a backup file, sealed under its own passphrase."""
    keys: list[JSONValue] = [key.to_json() for key in backup.keys]
    credentials: list[JSONValue] = [credential.to_json() for credential in backup.credentials]
    history: list[JSONValue] = [entry.to_json() for entry in backup.history]
    members: JSONObject = {
        "format": _FORMAT,
        "version": 1,
        "wallet": backup.wallet,
        "created": format_datetime(backup.created),
        "saves": backup.saves,
        "keys": keys,
        "credentials": credentials,
        "history": history,
    }
    return seal(pad(dump_json(members).encode()), passphrase, aad=_AAD, parameters=parameters)


def open_backup(sealed: bytes, passphrase: str) -> Backup:
    """Return the backup of `seal_backup`.

    Raises SealingError for a wrong passphrase or altered bytes, MalformedValueError for another content.
    """
    content = unpad(open_sealed(sealed, passphrase, aad=_AAD))
    try:
        # The seal vouches for the bytes: a wallet wrote them, after parsing strictly what came from outside.
        members = json.loads(content)
        if (members["format"], members["version"]) != (_FORMAT, 1):
            raise MalformedValueError(f"backup version {members['version']!r} is not supported")
        return Backup(
            wallet=str(members["wallet"]),
            created=parse_datetime(members["created"]),
            saves=int(members["saves"]),
            keys=tuple(HeldKey.from_json(key) for key in members["keys"]),
            credentials=tuple(HeldCredential.from_json(item) for item in members["credentials"]),
            history=tuple(HistoryEntry.from_json(entry) for entry in members["history"]),
        )
    except (ValueError, KeyError, TypeError, EncodingError, KeyMaterialError) as err:
        raise MalformedValueError("the backup was opened, and its content is of another shape") from err


def merge_backup(
    change: Change,
    backup: Backup,
    summaries: Sequence[JSONObject],
    *,
    known_dids: Collection[str],
    known_digests: Collection[str],
    known_history: Collection[HistoryEntry],
    other_copy: bool,
) -> RestoreReport:
    """Put what is missing into the wallet; `summaries` are those of the backup's credentials, in order."""
    keys = [key for key in backup.keys if key.did not in known_dids]
    for key in keys:
        change.put(KEY, to_row(key.to_json()), summary=key.summary())
    restored = []
    for held, summary in zip(backup.credentials, summaries, strict=True):
        if summary["digest"] not in known_digests:
            copy = replace(held, copied=held.copied or other_copy)
            change.put(CREDENTIAL, to_row(copy.to_json()), summary={**summary, "copied": copy.copied})
            restored.append(copy)
    known = [entry.to_json() for entry in known_history]
    history = [entry for entry in backup.history if entry.to_json() not in known]
    for entry in history:
        change.put(HISTORY, to_row(entry.to_json()), summary=entry.summary())
    return RestoreReport(
        created=backup.created,
        keys=len(keys),
        credentials=len(restored),
        history=len(history),
        already_there=len(backup.keys) - len(keys) + len(backup.credentials) - len(restored),
        single_use=sum(held.single_use and held.copied for held in restored),
        other_copy=other_copy,
    )
