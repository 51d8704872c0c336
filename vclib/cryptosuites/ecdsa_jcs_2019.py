"""ecdsa-jcs-2019: ECDSA over P-256 (SHA-256) or P-384 (SHA-384), over the canonical JSON of a document.

Source: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019. The steps are in `vclib.cryptosuites.plain`.
"""

from __future__ import annotations

from vclib.cryptosuites.plain import JCSTransformation, PlainCryptosuite
from vclib.keys import KeyType

ECDSA_JCS_2019 = PlainCryptosuite(
    name="ecdsa-jcs-2019",
    key_types=frozenset({KeyType.P256, KeyType.P384}),
    transformation=JCSTransformation(),
)
