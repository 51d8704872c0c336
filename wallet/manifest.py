"""The wallet's table of contents: which rows there are, what each holds in short, how many saves there were.

It is sealed as one piece, so a row cannot be removed, added, exchanged or set back without this table saying
otherwise (threat K2). Summaries are what a list shows, so that listing opens no row. Values are never changed
in place: a change makes a new manifest, which counts only once the disk has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from vclib.errors import SealingError, StoreError
from vclib.strict_json import JSONObject

_VERSION = 1


@dataclass(frozen=True)
class Item:
    """One row: what kind of thing it is, the SHA-256 (hex) of its sealed bytes, and what a list shows."""

    kind: str
    digest: str
    summary: JSONObject


@dataclass(frozen=True)
class Manifest:
    """`saves` counts changes since the wallet was made; `header` is the SHA-256 (hex) of the sealed key.

    `recovery` is that of the key as it is sealed under a recovery phrase, None without one.
    """

    header: str
    saves: int = 0
    recovery: str | None = None
    items: MappingProxyType[str, Item] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_bytes(cls, encoded: bytes) -> Manifest:
        """Return the manifest of `to_bytes`; SealingError for another version or shape."""
        try:
            members = json.loads(encoded)
            if members["version"] != _VERSION:
                raise SealingError(f"manifest version {members['version']!r} is not supported")
            items = {item_id: Item(*values) for item_id, values in members["items"].items()}
            recovery = members.get("recovery")
            return cls(members["header"], members["saves"], recovery, MappingProxyType(items))
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise SealingError("the wallet's table of contents cannot be read") from err

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON, UTF-8."""
        items = {item_id: [item.kind, item.digest, item.summary] for item_id, item in self.items.items()}
        members = {"version": _VERSION, "header": self.header, "saves": self.saves, "items": items}
        if self.recovery is not None:
            members["recovery"] = self.recovery
        return json.dumps(members, separators=(",", ":")).encode()

    def of_kind(self, kind: str) -> dict[str, Item]:
        """Return id -> item of one kind, in the order of first writing."""
        return {item_id: item for item_id, item in self.items.items() if item.kind == kind}

    def item(self, item_id: str) -> Item:
        """Return one item; StoreError if there is none."""
        if item_id not in self.items:
            raise StoreError(f"the wallet holds nothing with the id {item_id[:64]!r}")
        return self.items[item_id]

    def with_item(self, item_id: str, item: Item) -> Manifest:
        """Return a manifest that has the item too, or instead of the one of that id."""
        return replace(self, items=MappingProxyType({**self.items, item_id: item}))

    def without_item(self, item_id: str) -> Manifest:
        """Return a manifest without the item; StoreError if there is none."""
        self.item(item_id)
        return replace(
            self,
            items=MappingProxyType({key: item for key, item in self.items.items() if key != item_id}),
        )

    def with_header(self, header: str) -> Manifest:
        """Return a manifest of the same rows under a newly sealed master key."""
        return replace(self, header=header)

    def with_recovery(self, recovery: str | None) -> Manifest:
        """Return a manifest of the same rows with another recovery phrase, or none."""
        return replace(self, recovery=recovery)

    def next_save(self) -> Manifest:
        """Return a manifest that counts one save more."""
        return replace(self, saves=self.saves + 1)
