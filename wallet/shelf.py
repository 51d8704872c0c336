"""Where keys, credentials and history stand in the wallet's file: typed reading, and what happened is noted.

Between the holder's service and the sealed rows, so that the flows beside it (`wallet.receiving`,
`wallet.answering`) read and note in the same way. Not here: any decision about a credential.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime

from vclib.errors import StoreError, VCError
from vclib.strict_json import JSONObject, JSONValue
from wallet.holdings import (
    CREDENTIAL,
    HISTORY,
    ISSUANCE,
    KEY,
    SETTINGS,
    HeldCredential,
    HeldKey,
    HistoryEntry,
    from_row,
    to_row,
)
from wallet.store import Change, WalletStore


class Shelf:
    """The rows of an open wallet, as values; `clock` says when something happened."""

    def __init__(self, store: WalletStore, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.clock = clock

    def held(self, item_id: str) -> HeldCredential:
        """Return a credential with its document; StoreError if there is none."""
        return HeldCredential.from_json(from_row(self.store.read(item_id)))

    def held_credentials(self) -> dict[str, HeldCredential]:
        """Return id -> credential, oldest first; opens every one."""
        return {item_id: self.held(item_id) for item_id in self.store.items(CREDENTIAL)}

    def held_keys(self) -> list[HeldKey]:
        """Return the keys with their secrets, oldest first."""
        return [HeldKey.from_json(from_row(self.store.read(item_id))) for item_id in self.store.items(KEY)]

    def wallet_id(self) -> str:
        """Return the random name that this wallet has had since it was made."""
        (settings,) = self.store.items(SETTINGS).values()
        return str(settings.summary["wallet"])

    def settings(self) -> JSONObject:
        """Return what is set for this wallet: its name, and what `wallet.preferences` knows."""
        (item_id,) = self.store.items(SETTINGS)
        return from_row(self.store.read(item_id))

    def change_settings(self, name: str, value: JSONValue) -> None:
        """Write one member of the settings."""
        (item_id,) = self.store.items(SETTINGS)
        with self.store.change() as change:
            summary = change.manifest.item(item_id).summary
            members = {**self.settings(), name: value}
            change.put(SETTINGS, to_row(members), summary=summary, item_id=item_id)

    def forget_history(self) -> int:
        """Delete what happened, but for the note that it was deleted; returns how many entries there were."""
        entries = self.store.items(HISTORY)
        with self.store.change() as change:
            for item_id in entries:
                change.delete(item_id)
            self.note(change, "forget", "done", {"entries": len(entries)})
        return len(entries)

    def history(self) -> list[HistoryEntry]:
        """Return what happened, oldest first, also where a backup has brought entries from before."""
        entries = [
            HistoryEntry.from_json(from_row(self.store.read(item))) for item in self.store.items(HISTORY)
        ]
        return sorted(entries, key=lambda entry: entry.at)

    def put_key(self, change: Change, key: HeldKey) -> str:
        """Write a new key and note it; returns its id."""
        item_id = change.put(KEY, to_row(key.to_json()), summary=key.summary())
        self.note(change, "new-key", "done", {"did": key.did})
        return item_id

    def issuances(self) -> dict[str, JSONObject]:
        """Return id -> what was begun to be received and is not finished, oldest first."""
        return {item_id: from_row(self.store.read(item_id)) for item_id in self.store.items(ISSUANCE)}

    def note(self, change: Change, action: str, outcome: str, members: JSONObject) -> None:
        """Remember within a change what happened."""
        entry = HistoryEntry(self.clock(), action, outcome, members)
        change.put(HISTORY, to_row(entry.to_json()), summary=entry.summary())

    def record(self, action: str, outcome: str, members: JSONObject) -> None:
        """Remember what happened, in a change of its own."""
        with self.store.change() as change:
            self.note(change, action, outcome, members)

    @contextlib.contextmanager
    def recording_failure(self, action: str, members: JSONObject | None = None) -> Iterator[None]:
        """Remember a failure by its code, if the wallet can be written, and let it go on."""
        try:
            yield
        except VCError as err:
            if not self.store.read_only:
                with contextlib.suppress(StoreError):
                    self.record(action, "failed", {**(members or {}), "error": err.code})
            raise
