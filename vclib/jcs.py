"""RFC 8785, the JSON Canonicalization Scheme: one byte string for each JSON value.

The door to the `rfc8785` package, so that its errors come out as ours. Not here: JSON parsing, which has
already refused what RFC 8785 could not represent (`vclib.strict_json`).

What orjson certainly writes as RFC 8785 does is left to it (`vclib.json_writing`), which is
several times faster. All else goes to the package.
"""

from __future__ import annotations

import rfc8785

from vclib.errors import ProofTransformationError
from vclib.json_writing import write_canonical_json
from vclib.strict_json import JSONValue


def canonicalize(value: JSONValue) -> bytes:
    """Return the UTF-8 canonical JSON of `value` per https://www.rfc-editor.org/rfc/rfc8785.

    Raises ProofTransformationError for what has no canonical form: integers beyond 2^53 - 1, NaN, infinity,
    lone surrogates, values that are not JSON, nesting too deep to walk.
    """
    quickly = write_canonical_json(value)
    if quickly is not None:
        return quickly
    try:
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError as err:
        raise ProofTransformationError("no canonical JSON: an integer is beyond 2^53 - 1") from err
    except rfc8785.FloatDomainError as err:
        raise ProofTransformationError("no canonical JSON: NaN or infinity") from err
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as err:
        raise ProofTransformationError(
            "no canonical JSON: half a surrogate pair, a key that is no string, or a value that is not JSON"
        ) from err
    except RecursionError as err:
        raise ProofTransformationError("no canonical JSON: nested too deep") from err
