"""The holder's service: everything a wallet does, without a screen and without a command line.

It checks what it is given before it keeps it, plans a presentation before it asks, signs what was planned,
and remembers what happened, failures too. What a caller needs to show is returned as values; what went wrong
is a VCError. The clock and the resolution of DIDs are arguments. Whatever must not happen without the
holder's word is split in two: `plan_presentation`, then `confirm` or `decline`.

Not here: how anything looks (`wallet.cli` and the screens), how it is kept (`wallet.store`).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType

from health import CONTEXT_SEQUENCES
from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters
from vclib.cid import Resolve
from vclib.credentials import parse_credential
from vclib.datetimes import format_datetime
from vclib.environment import Environment
from vclib.errors import MalformedValueError, ProofGenerationError, UnsupportedKeyError
from vclib.jsonld import DEFAULT_CONTEXTS, ContextPolicy
from vclib.keys import KeyType, generate_private_key
from vclib.strict_json import JSONObject
from wallet.backups import Backup, RestoreReport, merge_backup, open_backup, seal_backup
from wallet.checking import CheckedCredential, check_credential
from wallet.disclosure import DisclosedValue, Disclosure, Reason
from wallet.holdings import (
    CREDENTIAL,
    KEY,
    PRESENTATION_SUITES,
    SETTINGS,
    HeldCredential,
    HeldKey,
    HistoryEntry,
    content_digest,
    to_row,
)
from wallet.phrases import looks_like_phrase, parse_phrase, sealing_text
from wallet.presenting import Candidate, PresentationPlan, Request, particulars, plan, showable, sign
from wallet.recovery import Recovery
from wallet.shelf import Shelf
from wallet.store import Permissions, WalletStore
from wallet.views import CredentialView, KeyView

__all__ = [
    "AddedCredential",
    "CredentialView",
    "DisclosedValue",
    "Disclosure",
    "HistoryEntry",
    "Holder",
    "KeyView",
    "Permissions",
    "PresentationPlan",
    "Reason",
    "Request",
    "RestoreReport",
]

MAX_NAME_CHARACTERS = 100


@dataclass(frozen=True)
class AddedCredential:
    """The credential as it is held now, what to know about it, and whether it was there already."""

    view: CredentialView
    warnings: tuple[str, ...]
    duplicate: bool


class Holder:
    """An open wallet. Made by `create` and `open`; close it, or use it in a `with` block."""

    def __init__(
        self,
        store: WalletStore,
        *,
        resolve: Resolve,
        clock: Callable[[], datetime],
        contexts: ContextPolicy = DEFAULT_CONTEXTS,
    ) -> None:
        self.shelf = Shelf(store, clock)
        self._store = store
        self._resolve = resolve
        self._clock = clock
        self.contexts = contexts

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: str,
        *,
        resolve: Resolve,
        clock: Callable[[], datetime],
        parameters: Argon2Parameters = DEFAULT_PARAMETERS,
    ) -> Holder:
        """Make a new wallet without keys; raises StoreError."""
        holder = cls(
            WalletStore.create(path, passphrase, parameters=parameters), resolve=resolve, clock=clock
        )
        settings: JSONObject = {"wallet": secrets.token_hex(16), "created": format_datetime(clock())}
        with holder._store.change() as change:
            change.put(SETTINGS, to_row(settings), summary=settings)
        return holder

    @classmethod
    def open(cls, path: Path, passphrase: str, *, resolve: Resolve, clock: Callable[[], datetime]) -> Holder:
        """Open a wallet; raises StoreError, SealingError for a wrong passphrase."""
        return cls(WalletStore.open(path, passphrase), resolve=resolve, clock=clock)

    @classmethod
    def open_by_phrase(
        cls, path: Path, phrase: str, *, resolve: Resolve, clock: Callable[[], datetime]
    ) -> Holder:
        """Open a wallet by its recovery phrase; raises PhraseError, StoreError, SealingError."""
        return cls(WalletStore.open_by_phrase(path, parse_phrase(phrase)), resolve=resolve, clock=clock)

    def close(self) -> None:
        """Close the wallet file."""
        self._store.close()

    def __enter__(self) -> Holder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def recovery(self) -> Recovery:
        """The recovery phrase of the wallet."""
        return Recovery(self.shelf)

    @property
    def path(self) -> Path:
        """Where the wallet file is."""
        return self._store.path

    @property
    def saves(self) -> int:
        """How often the wallet was saved; a smaller number than last time means an older copy (K3)."""
        return self._store.saves

    @property
    def permissions(self) -> Permissions:
        """Whether other users of the computer could read the file when it was opened (K12)."""
        return self._store.permissions

    def keys(self) -> list[KeyView]:
        """Return the keys, oldest first."""
        return [KeyView.of(item_id, item.summary) for item_id, item in self._store.items(KEY).items()]

    def new_key(self, name: str, key_type: KeyType = KeyType.P256) -> KeyView:
        """Make a key, for a person or a purpose; raises UnsupportedKeyError, MalformedValueError."""
        if key_type not in PRESENTATION_SUITES:
            raise UnsupportedKeyError(f"presentations are signed with P-256 or Ed25519, not {key_type}")
        if not name.strip() or len(name) > MAX_NAME_CHARACTERS:
            raise MalformedValueError(f"expected a name of 1 to {MAX_NAME_CHARACTERS} characters for the key")
        key = HeldKey(name.strip(), generate_private_key(key_type), self._clock())
        with self._store.change() as change:
            item_id = self.shelf.put_key(change, key)
        return KeyView.of(item_id, key.summary())

    def credentials(self) -> list[CredentialView]:
        """Return the credentials, oldest first, without opening any."""
        return self._credentials("")

    def _credentials(self, prefix: str) -> list[CredentialView]:
        names = {key.did: key.name for key in self.keys()}
        now = self._clock()
        return [
            CredentialView.of(item_id, item.summary, key_names=names, now=now)
            for item_id, item in self._store.items(CREDENTIAL).items()
            if item_id.startswith(prefix)
        ]

    def credential(self, prefix: str) -> CredentialView:
        """Return the one credential whose id begins with `prefix`; else MalformedValueError."""
        found = self._credentials(prefix.lower()) if prefix else []
        if len(found) != 1:
            many = "no credential" if not found else f"{len(found)} credentials"
            raise MalformedValueError(f"{many} in the wallet with an id that begins with {prefix[:40]!r}")
        return found[0]

    def document(self, prefix: str) -> JSONObject:
        """Return a credential as it was received, base proofs included: to be looked at, never to be sent."""
        return self.shelf.held(self.credential(prefix).id).document

    def add_credential(
        self, document: JSONObject, *, single_use: bool = False, keep_foreign: bool = False
    ) -> AddedCredential:
        """Check a credential and keep it; one that is held already is not added again.

        Raises what `wallet.checking.check_credential` raises; then nothing is kept.
        """
        with self.shelf.recording_failure("add"):
            checked = self.check_credential(document, keep_foreign=keep_foreign)
        return self.keep_credential(document, checked, single_use=single_use)

    def check_credential(self, document: JSONObject, *, keep_foreign: bool = False) -> CheckedCredential:
        """Return what was found about a credential, and keep nothing.

        Raises what `wallet.checking.check_credential` raises.
        """
        return check_credential(
            document,
            Environment(
                resolve=self._resolve,
                now=self._clock(),
                contexts=self.contexts,
                context_sequences=CONTEXT_SEQUENCES,
            ),
            own_dids=[key.did for key in self.keys()],
            keep_foreign=keep_foreign,
        )

    def keep_credential(
        self, document: JSONObject, checked: CheckedCredential, *, single_use: bool = False
    ) -> AddedCredential:
        """Keep a credential that `check_credential` has just found genuine; StoreError."""
        digest = content_digest(document)
        for view in self.credentials():
            if view.digest == digest:
                return AddedCredential(view, checked.warnings, duplicate=True)
        held = HeldCredential(document=document, added=self._clock(), single_use=single_use)
        with self._store.change() as change:
            item_id = change.put(CREDENTIAL, to_row(held.to_json()), summary=held.summary(checked.credential))
            members: JSONObject = {"credentials": [item_id], "issuer": checked.credential.issuer_id}
            self.shelf.note(change, "add", "done", members)
        return AddedCredential(self.credential(item_id), checked.warnings, duplicate=False)

    def remove_credential(self, prefix: str) -> CredentialView:
        """Delete a credential from the wallet; backups keep it."""
        view = self.credential(prefix)
        with self._store.change() as change:
            change.delete(view.id)
            self.shelf.note(change, "remove", "done", {"credentials": [view.id], "issuer": view.issuer})
        return view

    def export_credential(self, prefix: str, pointers: Sequence[str] = ()) -> JSONObject:
        """Return a credential that may leave: with its plain proofs, or derived by pointers.

        Raises ProofGenerationError if it has base proofs only and no pointers are given.
        """
        view = self.credential(prefix)
        members: JSONObject = {"credentials": [view.id], "pointers": list(pointers)}
        with self.shelf.recording_failure("export", members):
            exported = showable(self.shelf.held(view.id).document, pointers, self.contexts)
        with self._store.change() as change:
            self.shelf.note(change, "export", "done", members)
        return exported

    def plan_presentation(self, prefixes: Sequence[str], request: Request) -> PresentationPlan:
        """Return what would leave, for the holder to see; nothing leaves and nothing is signed yet.

        Raises what `wallet.presenting.plan` raises, ProofGenerationError for a credential that was used up.
        """
        views = list({view.id: view for view in map(self.credential, prefixes)}.values())
        members: JSONObject = {"domain": request.domain, "credentials": [view.id for view in views]}
        with self.shelf.recording_failure("present", members):
            for view in views:
                if view.single_use and view.presented:
                    raise ProofGenerationError(f"the credential {view.short_id} is for one use and was used")
            candidates = [
                Candidate(view.id, self.shelf.held(view.id).document, view.bound_to) for view in views
            ]
            own_dids = [key.did for key in self.keys()]
            planned = plan(candidates, request, own_dids=own_dids, contexts=self.contexts)
        copied = [view.short_id for view in views if view.single_use and view.copied]
        if copied:
            note = f"for one use, and another copy of this wallet may have used it: {', '.join(copied)}"
            planned = replace(planned, warnings=(*planned.warnings, note))
        return planned

    def confirm(self, planned: PresentationPlan) -> JSONObject:
        """Sign the presentation that was shown, remember it, and return it.

        Raises ProofGenerationError if the plan was changed meanwhile, StoreError if it cannot be remembered;
        then nothing leaves.
        """
        (signed,) = self.confirm_all([planned])
        return signed

    def confirm_all(
        self, plans: Sequence[PresentationPlan], asked: JSONObject | None = None
    ) -> list[JSONObject]:
        """Sign the presentations that were shown together: all of them, or none.

        `asked` is what else the history keeps of who asked. Raises as `confirm`.
        """
        noted = [{**particulars(planned), **(asked or {})} for planned in plans]
        with self.shelf.recording_failure("present", noted[0] if noted else None):
            keys = self.shelf.held_keys()
            signed = [sign(each, keys, now=self._clock(), contexts=self.contexts) for each in plans]
        uses = Counter(item.credential_id for planned in plans for item in planned.disclosures)
        with self._store.change() as change:
            for item_id, times in uses.items():
                held = self.shelf.held(item_id)
                used = replace(held, presented=held.presented + times)
                summary = {**change.manifest.item(item_id).summary, "presented": used.presented}
                change.put(CREDENTIAL, to_row(used.to_json()), summary=summary, item_id=item_id)
            for members in noted:
                self.shelf.note(change, "present", "done", members)
        return signed

    def decline(self, planned: PresentationPlan) -> None:
        """Remember that the holder said no."""
        with self._store.change() as change:
            members = {name: value for name, value in particulars(planned).items() if name != "disclosed"}
            self.shelf.note(change, "present", "declined", members)

    def history(self) -> list[HistoryEntry]:
        """Return what happened, oldest first."""
        return self.shelf.history()

    def make_backup(self, passphrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS) -> bytes:
        """Return everything in the wallet, sealed under a passphrase of its own, or the recovery phrase.

        Raises PhraseError and SealingError for words that are not the phrase of this wallet: nobody would
        have them when the backup is needed.
        """
        if looks_like_phrase(passphrase):
            passphrase = self.recovery.check(passphrase)
        backup = Backup(
            wallet=self.shelf.wallet_id(),
            created=self._clock(),
            saves=self.saves,
            keys=tuple(self.shelf.held_keys()),
            credentials=tuple(self.shelf.held_credentials().values()),
            history=tuple(self.history()),
        )
        return seal_backup(backup, passphrase, parameters=parameters)

    def note_backup(self, file: Path) -> None:
        """Remember where a backup was written, so that a damaged wallet can say so (K2)."""
        created = format_datetime(self._clock())
        self._store.note_backup({"file": str(file), "created": created})
        with self._store.change() as change:
            self.shelf.note(change, "backup", "done", {"file": str(file)})

    @staticmethod
    def check_backup(sealed: bytes, passphrase: str) -> None:
        """Return if a backup opens; raises SealingError, MalformedValueError, PhraseError."""
        open_backup(sealed, sealing_text(passphrase))

    def restore(self, sealed: bytes, passphrase: str) -> RestoreReport:
        """Add what a backup holds and this wallet does not.

        `passphrase` is that of the backup, or the recovery phrase it was made with. Raises SealingError for
        a wrong one or an altered file, PhraseError, MalformedValueError; then nothing is added.
        """
        with self.shelf.recording_failure("restore"):
            backup = open_backup(sealed, sealing_text(passphrase))
            other_copy = backup.wallet != self.shelf.wallet_id()
            summaries = [
                held.summary(parse_credential(held.document, contexts=self.contexts))
                for held in backup.credentials
            ]
        with self._store.change() as change:
            report = merge_backup(
                change,
                backup,
                summaries,
                known_dids={key.did for key in self.keys()},
                known_digests={view.digest for view in self.credentials()},
                known_history=self.history(),
                other_copy=other_copy,
            )
            members: JSONObject = {
                "created": format_datetime(backup.created),
                "credentials": report.credentials,
            }
            self.shelf.note(change, "restore", "done", members)
        return report

    def change_passphrase(
        self, passphrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS
    ) -> None:
        """Seal the wallet under another passphrase; backups keep theirs."""
        self._store.change_passphrase(passphrase, parameters=parameters)
        with self._store.change() as change:
            self.shelf.note(change, "passphrase", "done", {})
