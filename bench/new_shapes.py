"""The worst case of a verifier: every credential has a shape that it has never seen."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.cases import CREATED
from bench.credential import NOW, unsigned_credential
from vclib import jsonld, proofs
from vclib.did import did_key, did_key_method, resolver
from vclib.environment import Environment
from vclib.keys import KeyType, generate_private_key
from vclib.shapes import Cache
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import verify_credential

SUITE = "ecdsa-rdfc-2019"


@dataclass(frozen=True)
class NewShapes:
    """Medians in milliseconds of processor time, and what is kept at the end.

    `reference_ms` is the whole check of a credential without compiled shapes, `first_ms` with them, on a
    shape that was never seen, `second_ms` on one that comes for the second time and is compiled.
    """

    shapes: int
    reference_ms: float
    first_ms: float
    second_ms: float
    entries: int
    kept_bytes: int


def measure_new_shapes(count: int) -> NewShapes:
    """Check `count` credentials of different shapes, on each path in turn."""
    environment = Environment(resolve=resolver(), now=NOW)
    off, on = Cache(max_entries=0, sightings=2**62), Cache()
    taken: dict[str, list[float]] = {"reference": [], "first": [], "second": []}
    found = jsonld.SHAPES.cache
    try:
        # Signing meets the shapes, too, so it is done without any.
        jsonld.SHAPES.cache = off
        for signed in _credentials(count):
            for name, cache in (("reference", off), ("first", on), ("second", on)):
                jsonld.SHAPES.cache = cache
                start = time.process_time()
                verify_credential(signed, environment)
                taken[name].append((time.process_time() - start) * 1000.0)
            jsonld.SHAPES.cache = off
    finally:
        jsonld.SHAPES.cache = found
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return NewShapes(count, medians["reference"], medians["first"], medians["second"], len(on), on.bytes)


def _credentials(count: int) -> Iterator[JSONObject]:
    """Yield signed credentials of different shapes: members in ever new orders."""
    key = generate_private_key(KeyType.P256)
    unsigned = unsigned_credential(
        did_key(key.public_key), did_key(generate_private_key(KeyType.P256).public_key)
    )
    subject = unsigned["credentialSubject"]
    assert isinstance(subject, dict)
    dose = subject["vaccination"]
    assert isinstance(dose, dict)
    names = list(dose)
    for number in range(count):
        # The factorial number system: each number is another order of eight members.
        waiting, order, rest = names[:8], [], number
        for size in range(8, 0, -1):
            order.append(waiting.pop(rest % size))
            rest //= size
        changed: dict[str, JSONValue] = {name: dose[name] for name in [*order, *names[8:]]}
        document = {**unsigned, "credentialSubject": {**subject, "vaccination": changed}}
        yield proofs.add_proof(
            document,
            cryptosuite=SUITE,
            key=key,
            verification_method=did_key_method(key.public_key),
            created=CREATED,
        )
