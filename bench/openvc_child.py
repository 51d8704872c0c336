"""openvc-core behind a pipe: one JSON request a line, one answer a line. Run by `bench.partner`.

It runs in an environment that has openvc-core and nothing of this project, so it imports by name and knows
no types.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from importlib import import_module
from typing import Any

SUITES = {
    "ecdsa-sd-2023": ("openvc.proof.ecdsa_sd", "EcdsaSdProofSuite"),
    "ecdsa-rdfc-2019": ("openvc.proof.di_ecdsa_rdfc", "EcdsaRdfcProofSuite"),
    "eddsa-rdfc-2022": ("openvc.proof.data_integrity", "DataIntegrityProofSuite"),
    "ecdsa-jcs-2019": ("openvc.proof.di_jcs", "EcdsaJcsProofSuite"),
    "eddsa-jcs-2022": ("openvc.proof.di_jcs", "EddsaJcsProofSuite"),
}

_DOCUMENTS: dict[str, Any] = {}


# Any, here and below: JSON as it comes, and objects of a package that is not there when types are checked.
def answer(request: Any) -> Any:
    """Return the result of a request."""
    if request["op"] == "documents":
        _DOCUMENTS.update(request["documents"])
        return True
    run = _operation(request["request"])
    run()
    taken: list[float] = []
    end = time.perf_counter() + request["seconds"]
    while time.perf_counter() < end or len(taken) < 5:
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1000.0)
    return taken


def _operation(request: Any) -> Any:
    if request["suite"] not in SUITES:
        raise ValueError(f"openvc-core has no {request['suite']}")
    module, name = SUITES[request["suite"]]
    suite = getattr(import_module(module), name)()
    credential, more = request["credential"], {}
    if "jcs" not in request["suite"]:
        more["extra_contexts"] = {url: _DOCUMENTS[url] for url in credential["@context"]}
    if request["op"] == "derive":
        return lambda: suite.derive_proof(credential, selective_pointers=request["selectivePointers"], **more)
    if request["op"] == "verify":
        now = datetime.fromisoformat(request["now"])
        return lambda: suite.verify(credential, now=now, **more)
    key = _key(request)
    made = {"signing_key": key, "verification_method": request["key"]["id"], **more}
    made["created"] = datetime.fromisoformat(request["created"])
    if "mandatoryPointers" in request:
        return lambda: suite.add_base_proof(
            credential, mandatory_pointers=request["mandatoryPointers"], **made
        )
    return lambda: suite.add_proof(credential, **made)


def _key(request: Any) -> Any:
    keys = import_module("openvc.keys")
    asymmetric = "cryptography.hazmat.primitives.asymmetric."
    ec, ed25519 = import_module(asymmetric + "ec"), import_module(asymmetric + "ed25519")
    secret, name = bytes.fromhex(request["secretHex"]), request["key"]["id"]
    if request["suite"].startswith("eddsa"):
        return keys.Ed25519SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(secret), name)
    return keys.P256SigningKey(ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()), name)


def main() -> None:
    """Answer until the pipe ends; whatever goes wrong is an answer, too."""
    for line in sys.stdin:
        try:
            result = {"result": answer(json.loads(line))}
        except Exception as err:  # noqa: BLE001 - the other side decides what a failure means
            result = {"error": f"{type(err).__name__}: {err}"}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
