"""ecdsa-rdfc-2019: ECDSA over P-256 (SHA-256) or P-384 (SHA-384), over the canonical statements.

Source: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-rdfc-2019. The steps are in `vclib.cryptosuites.plain`.
"""

from __future__ import annotations

from vclib.cryptosuites.plain import PlainCryptosuite, RDFCTransformation
from vclib.keys import KeyType

ECDSA_RDFC_2019 = PlainCryptosuite(
    name="ecdsa-rdfc-2019",
    key_types=frozenset({KeyType.P256, KeyType.P384}),
    transformation=RDFCTransformation(),
)
