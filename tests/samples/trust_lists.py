"""The published trust lists of WHO's network: what is said of them, and what is found here.

`python -m tests.samples.trust_lists FOLDER`, where FOLDER holds `gdhcn` with `expected.json`. The lists and
WHO's contexts have no licence that admits copies in this repository.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from health.trust import Material, Pins, audit, read_list, verify_list
from vclib.did import resolver
from vclib.errors import ContextNotAcceptedError, InvalidSignatureError, VCError

# The day of the published snapshot, which `expected.json` names.
SNAPSHOT = datetime(2026, 8, 22, 20, tzinfo=UTC)
CONTEXT = "https://smart.who.int/trust/tng-context/v1-DEV.jsonld"


class Expectation(NamedTuple):
    """What one sample is expected to give, and what it gave."""

    group: str
    sample: str
    step: str
    expected: str
    found: str


def expectations(root: Path) -> Iterator[Expectation]:
    """Yield every expectation that the folder `gdhcn` states, with what was found."""
    if not (root / "expected.json").exists():
        return
    stated = json.loads((root / "expected.json").read_bytes())
    yield from _development(root, stated["dev/v2/trustlist-ref/did.json"])
    name = "prod/v2/trustlist/did.json"
    for place in (root / name, root / "prod"):
        yield from _counts(place, str(place.relative_to(root)), stated[name])


def _development(root: Path, stated: dict[str, str]) -> Iterator[Expectation]:
    """The proof of a list of the development system, as it is and with one letter changed."""
    name = "dev/v2/trustlist-ref/did.json"
    content = (root / name).read_bytes()
    signer = json.loads((root / stated["key"]).read_bytes())
    contexts = {CONTEXT: (root / "context" / "v1-DEV.jsonld").read_bytes()}
    pins = Pins(publisher=signer["id"], publisher_document=signer, contexts=contexts)
    yield Expectation("gdhcn", name, "proof", stated["proof"], _outcome(content, pins))
    altered = content.replace(b"trustlist-ref:IPS", b"trustlist-ref:IPT", 1)
    yield Expectation("gdhcn", name, "proof, altered", InvalidSignatureError.code, _outcome(altered, pins))
    without = Pins(publisher=signer["id"], publisher_document=signer)
    found = _outcome(content, without)
    yield Expectation("gdhcn", name, "without its context", ContextNotAcceptedError.code, found)


def _counts(place: Path, name: str, stated: dict[str, object]) -> Iterator[Expectation]:
    """The keys of the production list, in one document or in all the published parts of it."""
    files = [place] if place.is_file() else sorted(place.rglob("*.json"))
    found = audit(
        read_list(Material({str(file): file.read_bytes() for file in files}), now=SNAPSHOT), at=SNAPSHOT
    )
    whole = found.whole
    for step, expected, counted in (
        ("keys", stated["keys"], whole.total),
        ("signers expired", stated["dsc_expired_at_2026-08-22"], whole.signers_expired),
        ("signers not expired", stated["dsc_valid"], whole.signers - whole.signers_expired),
    ):
        yield Expectation("gdhcn", name, step, str(expected), str(counted))


def _outcome(content: bytes, pins: Pins) -> str:
    try:
        verify_list(Material({"list": content}), pins, resolve=resolver(), now=SNAPSHOT)
    except VCError as err:
        return err.code
    return "valid"


def main(folder: Path) -> int:
    """Print every expectation; 1 where one is not met."""
    begun = time.process_time()
    found = list(expectations(folder / "gdhcn"))
    for each in found:
        mark = "ok " if each.expected == each.found else "BAD"
        print(f"{mark} {each.sample:<32} {each.step:<22} {each.expected:<24} {each.found}")
    print(f"{len(found)} expectations in {time.process_time() - begun:.1f} s of one core")
    return 0 if found and all(each.expected == each.found for each in found) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
