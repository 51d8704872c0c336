"""Changing an issuer's keys: the order in which files are written, so that a kill in between loses nothing.

First the sealed file, which is the truth about the keys, in one database transaction with the audit entry;
then what follows from it. Under `did:web` that is the document, and whoever opens the keys next makes up for
it. Under `did:key` it is the settings' tables of DIDs; until they are written, the DIDs in them go on
signing, and the new key waits in the file. Two changes never run at once.

Why: docs/decisions/0152-rotation.md. Not here: asking whether it is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from issuer.config import IssuerConfig
from issuer.did_documents import publish
from issuer.identity import change_identity
from issuer.key_set import in_settings
from issuer.keys import PURPOSE
from issuer.store import IssuerStore
from runtime.keys import (
    KeptKey,
    KeyState,
    TokenPlace,
    changing,
    find_key,
    made_key,
    read_keys,
    seal_keys,
    signing_with,
    token_key,
    without,
    write_sealed,
)
from vclib.datetimes import format_datetime
from vclib.did import did_key
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PublicKey

_Decision = Callable[[tuple[KeptKey, ...]], tuple[tuple[KeptKey, ...], str]]


class KeyChanges:
    """The key set of one issuer, read and changed under its passphrase."""

    def __init__(self, config: IssuerConfig, store: IssuerStore, passphrase: str) -> None:
        self._config = config
        self._store = store
        self._passphrase = passphrase

    def key_set(self) -> tuple[KeptKey, ...]:
        """Return all keys, withdrawn ones too. Raises SealingError, StoreError, ConfigurationError."""
        kept = read_keys(self._config.keys_path, self._passphrase, purpose=PURPOSE)
        return kept if self._config.did is not None else in_settings(kept, self._config.dids)

    def check_identity(self, *, new_identity: bool) -> None:
        """Refuse to let another did:key sign unless a new identity is meant; ConfigurationError says why."""
        if self._config.did is None and not new_identity:
            raise ConfigurationError(
                "this issuer's DIDs are did:keys, and a did:key is its key: another key is another issuer to "
                "everybody who has not read the new trust entry. --new-identity does that, and the old DID "
                "stays in the trust entry; an issuer made with --did-web can change keys under one DID"
            )

    def rotate(
        self, key_type: KeyType, *, now: datetime, publish_only: bool = False, new_identity: bool = False
    ) -> KeptKey:
        """Make a new key and let it sign; the one that signed stays published.

        With `publish_only` it is published and does not sign yet. Raises ConfigurationError for a did:key
        without `new_identity`, and where the key that signs is in a token, which a new one must not leave.
        """
        self.check_identity(new_identity=new_identity)

        def decide(kept: tuple[KeptKey, ...]) -> tuple[tuple[KeptKey, ...], str]:
            signing = [each for each in kept if each.key_type is key_type and each.state is KeyState.SIGNING]
            if not signing:
                raise ConfigurationError(f"this issuer signs with no {key_type} key")
            if signing[0].place is not None:
                raise ConfigurationError(
                    f"the {key_type} key is in a token: make the next one by "
                    "`ddcc issuer key import-hsm --generate`"
                )
            key = made_key(kept, key_type, created=format_datetime(now))
            added = (*kept, key)
            return (added if publish_only else signing_with(added, key.id)), key.id

        return self._change("key-publish" if publish_only else "key-rotate", decide, now)

    def add(
        self,
        public_key: PublicKey,
        place: TokenPlace,
        *,
        now: datetime,
        sign: bool = False,
        new_identity: bool = False,
    ) -> KeptKey:
        """Take in a key of the token that was proven to be this one; with `sign` it signs from now on."""
        if sign:
            self.check_identity(new_identity=new_identity)

        def decide(kept: tuple[KeptKey, ...]) -> tuple[tuple[KeptKey, ...], str]:
            key = token_key(kept, public_key, place, created=format_datetime(now))
            added = (*kept, key)
            return (signing_with(added, key.id) if sign else added), key.id

        return self._change("key-import", decide, now)

    def use(self, key_id: str, *, now: datetime, new_identity: bool = False) -> KeptKey:
        """Let a published key sign from now on. Raises ConfigurationError for a withdrawn one."""
        self.check_identity(new_identity=new_identity)
        return self._change("key-use", lambda kept: (signing_with(kept, key_id), key_id), now)

    def withdraw(self, key_id: str, *, now: datetime) -> KeptKey:
        """Take a key out of what is published, for good; its secret is deleted from the file.

        What it signed is refused from then on. Once more for a key that is withdrawn publishes that again.
        Raises ConfigurationError for a key that signs.
        """
        return self._change("key-withdraw", lambda kept: (without(kept, key_id), key_id), now)

    def _change(self, event: str, decide: _Decision, now: datetime) -> KeptKey:
        path = self._config.keys_path
        with changing(path):
            keys, key_id = decide(self.key_set())
            key = find_key(keys, key_id)
            # Deriving the sealing key takes long, so it is done before the database is locked.
            sealed = seal_keys(keys, self._passphrase, purpose=PURPOSE)
            with self._store.writing() as work:
                work.audit(event, {"key": key.id, "type": key.key_type.value}, now=now)
                write_sealed(path, sealed)
            self._make_public(keys)
        return key

    def _make_public(self, keys: tuple[KeptKey, ...]) -> None:
        if self._config.did is not None:
            publish(self._config.document_path, self._config.did, keys)
            return
        signing = {key.key_type: key for key in keys if key.state is KeyState.SIGNING}
        # In the order in which the settings have them.
        dids = {name: did_key(signing[KeyType(name)].public_key) for name in self._config.dids}
        others = {did_key(key.public_key): key.id for key in keys if key.state is KeyState.PUBLISHED}
        change_identity(self._config.home / "issuer.toml", dids=dids, others=others)
