"""What OpenID4VCI and OpenID4VP have in common by OAuth 2.0: the words of an error.

Source: https://www.rfc-editor.org/rfc/rfc6749#section-5.2. Not here: the codes, which each protocol extends.
"""

from __future__ import annotations

import re

# RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
_NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
_QUOTES = str.maketrans({'"': "'", "\\": "/"})
_MAX_DESCRIPTION = 500


def describe(message: str) -> str:
    """Return `message` in the characters that `error_description` may have, at most 500 of them."""
    return _NOT_ALLOWED.sub("?", message.translate(_QUOTES))[:_MAX_DESCRIPTION]
