"""Failures of keys that are kept outside of this process."""

from __future__ import annotations

from vclib.errors import StoreError


class TokenError(StoreError):
    """A PKCS#11 token cannot be used at the moment: it is gone, or has not the key; nothing was signed."""

    code = "token"
