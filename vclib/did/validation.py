"""The form of a DID document, looked at by pydid: the one place that calls it.

pydid builds a model and drops nothing, but it repairs (a missing controller, a list where one value
belongs) and it raises whatever it meets. So it sees a copy, its model is thrown away, and every error
becomes InvalidDIDDocumentError.
"""

from __future__ import annotations

from copy import deepcopy

import pydid

from vclib.errors import InvalidDIDDocumentError
from vclib.strict_json import JSONObject

# What pydid 0.5 was seen to raise on malformed documents: its own errors, pydantic's (a ValueError), and
# bare errors of Python where it looks into a member before it checks the member's type.
_PYDID_ERRORS = (
    pydid.DIDError,
    pydid.DIDDocumentError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    RecursionError,
)


def check_well_formed(document: JSONObject, did: str) -> None:
    """Return if pydid finds the document of `did` well formed; else InvalidDIDDocumentError."""
    try:
        pydid.DIDDocument.deserialize(deepcopy(document))
    except _PYDID_ERRORS as err:
        raise InvalidDIDDocumentError(
            f"the DID document of {did[:200]} is not well formed: {_summary(err)}"
        ) from err


def _summary(err: BaseException) -> str:
    """Return one short line of what pydid said; its own texts run over many lines and repeat the input."""
    lines = str(err).splitlines() or [""]
    detail = lines[0] if len(lines) < 2 else f"{lines[0]} ({lines[1].strip()})"
    return f"{type(err).__name__}: {detail}"[:200]
