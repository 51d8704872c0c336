"""eddsa-jcs-2022: Ed25519 over the canonical JSON of a document.

Source: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022. The steps are in `vclib.cryptosuites.plain`.
"""

from __future__ import annotations

from vclib.cryptosuites.plain import JCSTransformation, PlainCryptosuite
from vclib.keys import KeyType

EDDSA_JCS_2022 = PlainCryptosuite(
    name="eddsa-jcs-2022",
    key_types=frozenset({KeyType.ED25519}),
    transformation=JCSTransformation(),
)
