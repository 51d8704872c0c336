"""The cryptosuites of Data Integrity 1.0 that are supported here, by their names.

Supported is not accepted: which of them a verifier takes is its configuration (`vclib.proofs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeGuard

from vclib.cryptosuites.base import PROOF_TYPE, Cryptosuite, SelectiveCryptosuite
from vclib.cryptosuites.bbs_2023 import BBS_2023
from vclib.cryptosuites.ecdsa_jcs_2019 import ECDSA_JCS_2019
from vclib.cryptosuites.ecdsa_rdfc_2019 import ECDSA_RDFC_2019
from vclib.cryptosuites.ecdsa_sd_2023 import ECDSA_SD_2023
from vclib.cryptosuites.ed25519_signature_2020 import ED25519_SIGNATURE_2020
from vclib.cryptosuites.eddsa_jcs_2022 import EDDSA_JCS_2022
from vclib.cryptosuites.eddsa_rdfc_2022 import EDDSA_RDFC_2022

__all__ = [
    "CRYPTOSUITES",
    "OLDER_SUITES",
    "PLAIN_SUITES",
    "PROOF_TYPE",
    "SELECTIVE_SUITES",
    "Cryptosuite",
    "SelectiveCryptosuite",
    "is_selective",
]

PLAIN_SUITES: Mapping[str, Cryptosuite] = MappingProxyType(
    {
        "ecdsa-jcs-2019": ECDSA_JCS_2019,
        "ecdsa-rdfc-2019": ECDSA_RDFC_2019,
        "eddsa-jcs-2022": EDDSA_JCS_2022,
        "eddsa-rdfc-2022": EDDSA_RDFC_2022,
    }
)

SELECTIVE_SUITES: Mapping[str, SelectiveCryptosuite] = MappingProxyType(
    {
        "bbs-2023": BBS_2023,
        "ecdsa-sd-2023": ECDSA_SD_2023,
    }
)

CRYPTOSUITES: Mapping[str, Cryptosuite | SelectiveCryptosuite] = MappingProxyType(
    {**PLAIN_SUITES, **SELECTIVE_SUITES}
)

# Types of proof from before Data Integrity 1.0: nothing is signed with them, and a verifier takes one only if
# its configuration names it.
OLDER_SUITES: Mapping[str, Cryptosuite] = MappingProxyType({"Ed25519Signature2020": ED25519_SIGNATURE_2020})


def is_selective(suite: Cryptosuite | SelectiveCryptosuite) -> TypeGuard[SelectiveCryptosuite]:
    """Say whether the suite makes base proofs, from which proofs over parts can be derived."""
    return suite.name in SELECTIVE_SUITES
