"""An issuer's own DID document: a file in its home folder, made from its keys and served by its service.

The file follows from the key set and can be made again from it. Every process that serves it, and every
process that signs, looks whether it was replaced, so that a withdrawn key is withdrawn for all of them at
once. It may as well be copied to any web server. Why: docs/decisions/0153-did-web.md.
Not here: which keys there are, and the route (`did_web`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from issuer.key_set import published_keys
from runtime.keys import KeptKey
from runtime.watched import WatchedFile, keep_current
from vclib.did import did_document, published_methods
from vclib.strict_json import dump_json

# What the document says of a key: the DID URLs that may assert.
WatchedDocument: TypeAlias = WatchedFile[frozenset[str]]


def publish(path: Path, did: str, keys: Sequence[KeptKey]) -> bool:
    """Make the file at `path` say what `keys` say; returns whether it was written. Raises StoreError."""
    document = did_document(did, published_keys(keys))
    return keep_current(path, (dump_json(document, indent=2) + "\n").encode())


def watched_document(path: Path, did: str) -> WatchedDocument:
    """Return the document as it is published, looked at again when it is replaced."""
    return WatchedFile(path, lambda content: published_methods(content, did, "assertionMethod"))
