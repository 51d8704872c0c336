"""Compiled shapes switched off, or used at once and compared with the reference path, for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from vclib import jsonld
from vclib.context_policy import ContextPolicy
from vclib.shapes import Cache, Conclude, FilledReading, Reading, Reference, ReferenceReading, Shapes
from vclib.strict_json import JSONObject

_READ, _CONCLUSION = Shapes.read, Shapes.conclusion


def use_shapes_as_in_programs(monkeypatch: pytest.MonkeyPatch) -> Cache:
    """Nothing is compared, whatever `--shapes` says, and the cache is empty at first."""
    cache = Cache()
    monkeypatch.setattr(jsonld.SHAPES, "cache", cache)
    monkeypatch.setattr(Shapes, "read", _READ)
    monkeypatch.setattr(Shapes, "conclusion", _CONCLUSION)
    return cache


def switch_off_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept, so that everything goes the reference path."""
    monkeypatch.setattr(jsonld.SHAPES, "cache", Cache(max_entries=0, sightings=2**62))


def use_shapes_at_once(monkeypatch: pytest.MonkeyPatch) -> Cache:
    """A shape is kept when it comes first, in a cache that is empty at first."""
    cache = Cache(sightings=1)
    monkeypatch.setattr(jsonld.SHAPES, "cache", cache)
    return cache


def check_every_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, and whatever a template says is compared with what the reference path says."""
    use_shapes_at_once(monkeypatch)
    read = Shapes.read

    def checked(
        self: Shapes,
        document: JSONObject,
        contexts: ContextPolicy,
        *,
        reference: Reference,
        traced: Reference,
    ) -> Reading:
        # The first reading compiles, and a second one fills in.
        read(self, document, contexts, reference=reference, traced=traced)
        found = read(self, document, contexts, reference=reference, traced=traced)
        if isinstance(found, FilledReading):
            assert_same(found, ReferenceReading(*reference(document)))
        return found

    def checked_conclusion(
        self: Shapes, document: JSONObject, contexts: ContextPolicy, conclude: Conclude
    ) -> tuple[str, ...] | None:
        found = _CONCLUSION(self, document, contexts, conclude)
        if found is not None:
            jsonld.check_contexts(document, contexts)
            assert found == conclude(document, jsonld.expand(document, contexts=contexts))
        return found

    monkeypatch.setattr(Shapes, "read", checked)
    monkeypatch.setattr(Shapes, "conclusion", checked_conclusion)


def assert_same(found: Reading, expected: Reading) -> None:
    """Compare two readings byte for byte, in everything a caller can ask of them."""
    assert found.expanded() == expected.expanded()
    assert repr(found.expanded()) == repr(expected.expanded())
    assert found.quads() == expected.quads()
    assert found.canonicalize() == expected.canonicalize()
    for hash_name in ("sha256", "sha384"):
        assert found.canonical_bytes(hash_name) == expected.canonical_bytes(hash_name)
    assert found.relabelled(_other_labels) == expected.relabelled(_other_labels)


def _other_labels(label_map: Mapping[str, str]) -> dict[str, str]:
    """Return labels that sort otherwise than the canonical ones."""
    return {
        label: f"u{hashlib.sha256(canonical.encode()).hexdigest()}" for label, canonical in label_map.items()
    }
