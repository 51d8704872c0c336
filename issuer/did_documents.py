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
from runtime.atomic import read_file, write_file
from runtime.keys import KeptKey
from runtime.watched import WatchedFile
from vclib.did import did_document, validate_document
from vclib.errors import StoreError, VCError
from vclib.strict_json import dump_json, parse_json_object

# What the document says of a key: the DID URLs that may assert.
WatchedDocument: TypeAlias = WatchedFile[frozenset[str]]

_MAX_BYTES = 1024 * 1024


def publish(path: Path, did: str, keys: Sequence[KeptKey]) -> bool:
    """Make the file at `path` say what `keys` say; returns whether it was written. Raises StoreError."""
    content = (dump_json(did_document(did, published_keys(keys)), indent=2) + "\n").encode()
    if path.exists() and read_file(path, max_bytes=_MAX_BYTES) == content:
        return False
    write_file(path, content, mode=0o644)
    return True


def watched_document(path: Path, did: str) -> WatchedDocument:
    """Return the document as it is published, looked at again when it is replaced."""

    def parse(content: bytes) -> frozenset[str]:
        try:
            document = validate_document(parse_json_object(content), did)
        except VCError as err:
            raise StoreError(f"{path} is not the DID document of {did}: {err.message}") from err
        listed = document.get("assertionMethod")
        return (
            frozenset(each for each in listed if isinstance(each, str))
            if isinstance(listed, list)
            else frozenset()
        )

    return WatchedFile(path, parse)
