"""The wallet's one file: an SQLite database of sealed rows that notices when it was tampered with.

Without the passphrase the file shows its format version, its size and how many rows it has; contents are
sealed under a random master key, which is sealed under the passphrase (threat K1). Every row's id is part of
what is authenticated, and a sealed manifest, rewritten in the transaction of every change, says which rows
there are, with which digest, and how many changes there have been: a changed, swapped, removed, added or
rolled-back row is found when the file is opened (K2). Replacing the whole file by an older one cannot be
seen from the file; the count of saves is there for the holder to compare (K3).

SQLite's rollback journal makes each change happen entirely or not at all (K4); its lock refuses a second
program (K6); what the store says in memory changes only after the disk has confirmed (K5). The manifest
carries a summary of each row, so that listing a thousand credentials opens one seal.

Not here: what the rows mean (`wallet.holder`). Why so: docs/decisions/0061-wallet-file.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from runtime.atomic import narrow_permissions
from runtime.sealing import (
    DEFAULT_PARAMETERS,
    Argon2Parameters,
    new_master_key,
    open_sealed,
    open_with_key,
    seal,
    seal_with_key,
)
from vclib.errors import SealingError, StoreError
from vclib.strict_json import JSONObject
from wallet import database
from wallet.database import DAMAGED, translated
from wallet.manifest import Item, Manifest
from wallet.padding import pad, unpad

_MASTER_KEY_AAD = b"ddcc wallet 1 master key"
_MANIFEST_AAD = b"ddcc wallet 1 manifest"
_BACKUP_NOTE_AAD = b"ddcc wallet 1 backup note"
_ITEM_AAD = b"ddcc wallet 1 item "
_RECOVERY_AAD = b"ddcc wallet 1 recovery"


NO_PHRASE = "this wallet has no recovery phrase"


class Permissions(StrEnum):
    """What was found when the file was opened: only its owner may read it, or more did."""

    NARROW = "narrow"
    CORRECTED = "corrected"
    TOO_WIDE = "too-wide"


class Change:
    """One change of the wallet: everything put and deleted in it happens, or nothing does."""

    def __init__(self, connection: sqlite3.Connection, key: bytes, manifest: Manifest) -> None:
        self._connection = connection
        self._key = key
        self.manifest = manifest

    def put(self, kind: str, content: bytes, *, summary: JSONObject, item_id: str | None = None) -> str:
        """Write a new row, or new content for the row `item_id`; returns its id, 32 random hex digits."""
        item_id = item_id or secrets.token_hex(16)
        sealed = seal_with_key(self._key, pad(content), aad=_ITEM_AAD + item_id.encode())
        self._connection.execute(
            "INSERT OR REPLACE INTO items VALUES (?, ?)", (bytes.fromhex(item_id), sealed)
        )
        item = Item(kind=kind, digest=_digest(sealed), summary=summary)
        self.manifest = self.manifest.with_item(item_id, item)
        return item_id

    def delete(self, item_id: str) -> None:
        """Delete a row and overwrite its bytes; StoreError if there is none."""
        self.manifest = self.manifest.without_item(item_id)
        self._connection.execute("DELETE FROM items WHERE id = ?", (bytes.fromhex(item_id),))


class WalletStore:
    """An open wallet file, locked until `close`; safe to use from several threads.

    Made by `create` and `open`. `permissions` says whether other users could read the file (K12).
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, key: bytes, manifest: Manifest, *, read_only: bool
    ) -> None:
        self.path = path
        self.read_only = read_only
        self.permissions = Permissions.NARROW
        self._connection = connection
        self._key = key
        self._manifest = manifest
        # After a failed commit only the file knows which state it is in.
        self._stale = False
        self._lock = threading.RLock()

    @classmethod
    def create(
        cls, path: Path, passphrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS
    ) -> WalletStore:
        """Make a new, empty wallet file and open it; StoreError if it cannot be, or the name is taken."""
        key = new_master_key()
        sealed_key = seal(key, passphrase, aad=_MASTER_KEY_AAD, parameters=parameters)
        database.create(
            path,
            master_key=sealed_key,
            manifest=_seal_manifest(key, Manifest(header=_digest(sealed_key))),
            backup_note=seal_with_key(key, pad(b""), aad=_BACKUP_NOTE_AAD),
        )
        return cls.open(path, passphrase)

    @classmethod
    def open(cls, path: Path, passphrase: str, *, read_only: bool = False) -> WalletStore:
        """Open and check a wallet file.

        Raises SealingError for a wrong passphrase; StoreError if the file is missing, open elsewhere, on a
        network share, or was altered, then naming the newest backup that it knows of.
        """
        return cls._open(path, passphrase, by_phrase=False, read_only=read_only)

    @classmethod
    def open_by_phrase(cls, path: Path, phrase: str) -> WalletStore:
        """Open and check a wallet file by its recovery phrase, in its one form.

        Raises SealingError for a phrase that is not this wallet's; StoreError as `open`, and without one.
        """
        return cls._open(path, phrase, by_phrase=True, read_only=False)

    @classmethod
    def _open(cls, path: Path, secret: str, *, by_phrase: bool, read_only: bool) -> WalletStore:
        connection = database.connect(path, read_only=read_only)
        try:
            with translated(path, "read the wallet"):
                sealed_key, sealed_manifest, sealed_note = _read_header(connection, path)
                recovery = _read_recovery(connection)
                if by_phrase:
                    key = _open_recovery(recovery, secret, path)
                else:
                    key = open_sealed(sealed_key, secret, aad=_MASTER_KEY_AAD)
                try:
                    manifest = _open_manifest(key, sealed_manifest)
                    _check_rows(connection, manifest, sealed_key, recovery)
                except SealingError as err:
                    raise StoreError(f"{path}: {DAMAGED}. {_advice(key, sealed_note)}") from err
            store = cls(path, connection, key, manifest, read_only=read_only)
            store.permissions = _check_permissions(path, read_only=read_only)
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the file and let other programs have it."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> WalletStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def saves(self) -> int:
        """How many changes there have been; it never gets smaller in one wallet (K3)."""
        with self._lock:
            return self._current().saves

    def items(self, kind: str) -> dict[str, Item]:
        """Return id -> item of one kind, oldest first, without opening any row."""
        with self._lock:
            return self._current().of_kind(kind)

    def read(self, item_id: str) -> bytes:
        """Return the content of a row; StoreError if there is none or it was altered."""
        with self._lock, translated(self.path, "read the wallet"):
            item = self._current().item(item_id)
            row = self._connection.execute(
                "SELECT sealed FROM items WHERE id = ?", (bytes.fromhex(item_id),)
            ).fetchone()
            if row is None or not isinstance(row[0], bytes) or _digest(row[0]) != item.digest:
                raise StoreError(f"{self.path}: {DAMAGED}")
            return unpad(open_with_key(self._key, row[0], aad=_ITEM_AAD + item_id.encode()))

    @contextlib.contextmanager
    def change(self) -> Iterator[Change]:
        """Open a change; leaving the block saves it, an exception leaves the wallet as it was.

        Raises StoreError where the disk is full, the file read-only or the save fails in another way.
        """
        with self._lock, translated(self.path, "save the wallet"):
            if self.read_only:
                raise StoreError(f"cannot save the wallet {self.path}: it was opened read-only")
            manifest = self._current()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                change = Change(self._connection, self._key, manifest)
                yield change
                manifest = change.manifest.next_save()
                self._connection.execute(
                    "UPDATE wallet SET manifest = ?", (_seal_manifest(self._key, manifest),)
                )
                self._connection.execute("COMMIT")
            except BaseException:
                self._stale = True
                # A full disk has rolled back already, and then there is nothing to roll back.
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._manifest = manifest

    def change_passphrase(
        self, passphrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS
    ) -> None:
        """Seal the master key under another passphrase; contents stay as they are.

        Whoever has an old copy of the file and the old passphrase still has that copy, and its master key.
        """
        sealed_key = seal(self._key, passphrase, aad=_MASTER_KEY_AAD, parameters=parameters)
        with self.change() as change:
            self._connection.execute("UPDATE wallet SET master_key = ?", (sealed_key,))
            change.manifest = change.manifest.with_header(_digest(sealed_key))

    @property
    def has_phrase(self) -> bool:
        """Whether there is a recovery phrase that opens the wallet."""
        with self._lock:
            return self._current().recovery is not None

    def set_phrase(self, phrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS) -> None:
        """Seal the master key a second time, under a recovery phrase; an older one opens it no more.

        Whoever has an old copy of the file and the old phrase still has that copy, and its master key.
        """
        sealed = seal(self._key, phrase, aad=_RECOVERY_AAD, parameters=parameters)
        with self.change() as change:
            database.put_recovery(self._connection, sealed)
            change.manifest = change.manifest.with_recovery(_digest(sealed))

    def check_phrase(self, phrase: str) -> None:
        """Return if a phrase is that of this wallet; raises as `open_by_phrase`."""
        with self._lock, translated(self.path, "read the wallet"):
            _open_recovery(_read_recovery(self._connection), phrase, self.path)

    def remove_phrase(self) -> None:
        """Let no recovery phrase open the wallet; StoreError if none does."""
        with self.change() as change:
            if change.manifest.recovery is None:
                raise StoreError(NO_PHRASE)
            database.drop_recovery(self._connection)
            change.manifest = change.manifest.with_recovery(None)

    def note_backup(self, note: JSONObject) -> None:
        """Remember where the newest backup is: readable even when the rest of the file is damaged."""
        sealed = seal_with_key(self._key, pad(json.dumps(note).encode()), aad=_BACKUP_NOTE_AAD)
        with self.change():
            self._connection.execute("UPDATE wallet SET backup_note = ?", (sealed,))

    def _current(self) -> Manifest:
        if self._stale:
            row = self._connection.execute("SELECT manifest FROM wallet").fetchone()
            self._manifest = _open_manifest(self._key, bytes(row[0]))
            self._stale = False
        return self._manifest


def has_recovery_phrase(path: Path) -> bool:
    """Say whether a wallet file, still locked, has a recovery phrase; False for one that cannot be read."""
    try:
        connection = database.connect(path, read_only=True)
    except StoreError:
        return False
    with contextlib.closing(connection):
        return database.has_recovery(connection)


def _check_permissions(path: Path, *, read_only: bool) -> Permissions:
    if not path.stat().st_mode & 0o077:
        return Permissions.NARROW
    if not read_only:
        # On a read-only disk, or in somebody else's file, this fails; reading is still possible.
        with contextlib.suppress(StoreError):
            narrow_permissions(path)
            return Permissions.CORRECTED
    return Permissions.TOO_WIDE


def _read_header(connection: sqlite3.Connection, path: Path) -> tuple[bytes, bytes, bytes]:
    row = connection.execute("SELECT master_key, manifest, backup_note FROM wallet").fetchone()
    if row is None or not all(isinstance(value, bytes) for value in row):
        raise StoreError(f"{path}: {DAMAGED}")
    sealed_key, manifest, backup_note = row
    return sealed_key, manifest, backup_note


def _read_recovery(connection: sqlite3.Connection) -> bytes | None:
    """Return the master key as it is sealed under the recovery phrase, None where there is no phrase."""
    if not database.has_recovery(connection):
        return None
    row = connection.execute("SELECT sealed FROM recovery").fetchone()
    # What is no bytes is of no phrase; the manifest then does not fit.
    return row[0] if row is not None and isinstance(row[0], bytes) else b""


def _open_recovery(recovery: bytes | None, phrase: str, path: Path) -> bytes:
    if recovery is None:
        raise StoreError(f"{path}: {NO_PHRASE}")
    try:
        return open_sealed(recovery, phrase, aad=_RECOVERY_AAD)
    except SealingError as err:
        raise SealingError("these words are in order, and they are not those of this wallet") from err


def _digest(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()


def _seal_manifest(key: bytes, manifest: Manifest) -> bytes:
    return seal_with_key(key, pad(manifest.to_bytes()), aad=_MANIFEST_AAD)


def _open_manifest(key: bytes, sealed: bytes) -> Manifest:
    return Manifest.from_bytes(unpad(open_with_key(key, sealed, aad=_MANIFEST_AAD)))


def _check_rows(
    connection: sqlite3.Connection, manifest: Manifest, sealed_key: bytes, recovery: bytes | None
) -> None:
    """Compare every row with the manifest; SealingError if any was changed, added, removed or exchanged."""
    found: dict[str, str] = {}
    for item_id, sealed in connection.execute("SELECT id, sealed FROM items"):
        # SQLite lets any column hold any type.
        if not isinstance(item_id, bytes) or not isinstance(sealed, bytes):
            raise SealingError("a row is not of bytes")
        found[item_id.hex()] = _digest(sealed)
    expected = {item_id: item.digest for item_id, item in manifest.items.items()}
    found_recovery = None if recovery is None else _digest(recovery)
    if (found, _digest(sealed_key), found_recovery) != (expected, manifest.header, manifest.recovery):
        raise SealingError("rows are not those of the manifest")


def _advice(key: bytes, sealed_note: bytes) -> str:
    try:
        note = json.loads(unpad(open_with_key(key, sealed_note, aad=_BACKUP_NOTE_AAD)) or b"{}")
    except SealingError:
        note = {}
    if note:
        return f"Restore its newest backup, {note.get('file')} of {note.get('created')}: ddcc wallet restore"
    return "No backup of it is known; if you have one: ddcc wallet restore"
