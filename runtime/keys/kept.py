"""What is kept of a key: its name, what it is used for now, and where its secret half is.

A key is in one of three states. One of each type signs; others stay published, so that what they signed
keeps verifying; a withdrawn one is only remembered, so that its name is never given to another key. The
secret is in memory (it came out of the sealed file), or in a PKCS#11 token under a label, or gone.
Not here: which suites a key serves, and whose it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey, PublicKey

KEY_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

_MAX_LABEL_CHARACTERS = 200


class KeyState(StrEnum):
    """What a key is used for."""

    SIGNING = "signing"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class TokenPlace:
    """Where a key is in a PKCS#11 token: by its CKA_LABEL, its CKA_ID, or both."""

    label: str | None = None
    key_id: bytes | None = None

    def __post_init__(self) -> None:
        if not self.label and not self.key_id:
            raise ConfigurationError("a key in a token needs a label or an id to be found by")
        if len(self.label or "") > _MAX_LABEL_CHARACTERS or len(self.key_id or b"") > _MAX_LABEL_CHARACTERS:
            raise ConfigurationError("the label or id of a key in a token is too long")

    def __str__(self) -> str:
        label = [f"label {self.label!r}"] if self.label else []
        return " and ".join([*label, *([f"id {self.key_id.hex()}"] if self.key_id else [])])


@dataclass(frozen=True)
class KeptKey:
    """One key of a key set. `created` is a date-time as text, None where nobody wrote it down.

    `id` is the fragment under which a DID document lists it, e.g. "p256-1".
    """

    id: str
    public_key: PublicKey
    state: KeyState
    created: str | None = None
    secret: PrivateKey | None = None
    place: TokenPlace | None = None

    def __post_init__(self) -> None:
        if not KEY_ID.fullmatch(self.id):
            raise ConfigurationError(
                f"expected small letters, digits and hyphens as key id: {self.id[:40]!r}"
            )
        if (self.secret is None) == (self.place is None) and not (
            self.state is KeyState.WITHDRAWN and self.secret is None
        ):
            raise ConfigurationError(f"expected one place for the secret of the key {self.id}")
        if self.secret is not None and self.secret.public_key != self.public_key:
            raise ConfigurationError(f"the two halves of the key {self.id} do not belong together")

    @property
    def key_type(self) -> KeyType:
        """The type of the key."""
        return self.public_key.key_type

    def in_state(self, state: KeyState) -> KeptKey:
        """Return the key in another state; a withdrawn one without its secret, which nothing needs again."""
        if state is KeyState.WITHDRAWN:
            return replace(self, state=state, secret=None, place=None)
        return replace(self, state=state)


@runtime_checkable
class OutsideKey(Protocol):
    """A signing key whose secret is not in this process, so that it has to be asked whether it can sign."""

    def check(self) -> None:
        """Let the key prove that it signs, and for the expected public key. Raises StoreError and others."""

    def close(self) -> None:
        """End what this process has open, before it forks; the next signature opens it again."""


def find_key(keys: tuple[KeptKey, ...], key_id: str) -> KeptKey:
    """Return the key of that id; ConfigurationError where there is none."""
    for key in keys:
        if key.id == key_id:
            return key
    raise ConfigurationError(
        f"there is no key {key_id[:40]!r}; there are {', '.join(key.id for key in keys)}"
    )
