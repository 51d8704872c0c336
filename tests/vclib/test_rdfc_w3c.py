"""RDFC-1.0 against the W3C test suite, every test of its manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vclib import rdfc
from vclib.errors import ComplexityError

_VECTORS = Path(__file__).parents[1] / "vectors" / "rdf-canon"
# Entries are plain JSON of the manifest's own shape.
_ENTRIES: list[dict[str, Any]] = json.loads((_VECTORS / "manifest.jsonld").read_text(encoding="utf-8"))[
    "entries"
]
_HASHES = {None: "sha256", "SHA256": "sha256", "SHA384": "sha384"}


def test_the_manifest_has_all_86_tests() -> None:
    kinds = [entry["type"] for entry in _ENTRIES]
    assert (len(kinds), kinds.count("rdfc:RDFC10NegativeEvalTest")) == (86, 1)


@pytest.mark.parametrize("entry", _ENTRIES, ids=lambda entry: entry["id"].lstrip("#"))
def test_w3c_test(entry: dict[str, Any]) -> None:
    quads = rdfc.parse_nquads(_read(entry["action"]))
    hash_name = _HASHES[entry.get("hashAlgorithm")]
    match entry["type"]:
        case "rdfc:RDFC10EvalTest":
            canonical = rdfc.canonicalize(quads, hash_name=hash_name)
            assert canonical.to_bytes() == _read(entry["result"]).encode("utf-8")
        case "rdfc:RDFC10MapTest":
            canonical = rdfc.canonicalize(quads, hash_name=hash_name)
            assert dict(canonical.label_map) == json.loads(_read(entry["result"]))
        case "rdfc:RDFC10NegativeEvalTest":
            with pytest.raises(ComplexityError, match="too alike"):
                rdfc.canonicalize(quads, hash_name=hash_name)
        case unknown:
            pytest.fail(f"the manifest has a kind of test that is not known here: {unknown}")


def _read(name: str) -> str:
    return (_VECTORS / name).read_bytes().decode("utf-8")
