"""Ed25519Signature2020: the type of proof that eddsa-rdfc-2022 replaced, for credentials that still carry it.

The steps are those of eddsa-rdfc-2022; only the options differ, in which the type is the suite. Source:
https://www.w3.org/TR/vc-di-eddsa/#ed25519signature2020-0. No new proof is made with it.
"""

from __future__ import annotations

from vclib.cryptosuites.plain import PlainCryptosuite, RDFCTransformation
from vclib.keys import KeyType

ED25519_SIGNATURE_2020 = PlainCryptosuite(
    name="Ed25519Signature2020",
    key_types=frozenset({KeyType.ED25519}),
    transformation=RDFCTransformation(),
    proof_type="Ed25519Signature2020",
)
