"""eddsa-rdfc-2022: Ed25519 over the canonical statements of a document.

Source: https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022. The steps are in `vclib.cryptosuites.plain`.
"""

from __future__ import annotations

from vclib.cryptosuites.plain import PlainCryptosuite, RDFCTransformation
from vclib.keys import KeyType

EDDSA_RDFC_2022 = PlainCryptosuite(
    name="eddsa-rdfc-2022",
    key_types=frozenset({KeyType.ED25519}),
    transformation=RDFCTransformation(),
)
