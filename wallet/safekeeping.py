"""Backups, another passphrase and the recovery phrase, as the screens and dialogs ask for them.

Not here: what a backup holds (`wallet.backups`), what a phrase opens (`wallet.recovery`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runtime.atomic import read_file, write_file
from runtime.sealing import Argon2Parameters
from vclib.errors import ConfigurationError, StoreError
from wallet.backups import MAX_BACKUP_BYTES
from wallet.holder import Holder
from wallet.phrases import looks_like_phrase, new_phrase
from wallet.recovery import check_answers, places_to_ask
from wallet.strength import MIN_CHARACTERS
from wallet.words import Words


@dataclass(frozen=True)
class Safekeeping:
    """What keeps the contents of an open wallet from being lost."""

    holder: Holder
    words: Words
    parameters: Argon2Parameters

    @property
    def has_phrase(self) -> bool:
        """Whether there is a recovery phrase."""
        return self.holder.recovery.is_set

    def back_up(self, path: Path, passphrase: str) -> None:
        """Write everything to a new file, sealed under a passphrase of its own or the recovery phrase.

        Raises StoreError, ConfigurationError; PhraseError or SealingError for a phrase that is not this
        wallet's.
        """
        if path.exists():
            raise StoreError(f"{path} exists already; a backup never replaces a file")
        if not looks_like_phrase(passphrase):
            check_new_passphrase(passphrase)
        sealed = self.holder.make_backup(passphrase, parameters=self.parameters)
        write_file(path, sealed, overwrite=False)
        self.holder.note_backup(path.absolute())

    def restore(self, path: Path, passphrase: str) -> str:
        """Add what a backup holds and return a sentence about it; raises SealingError, StoreError."""
        report = self.holder.restore(read_file(path, max_bytes=MAX_BACKUP_BYTES), passphrase)
        said = self.words(
            "Restored: {credentials} credentials and {keys} keys; {there} were there already.",
            credentials=report.credentials,
            keys=report.keys,
            there=report.already_there,
        )
        if report.other_copy:
            said += " " + self.words("Another wallet made this backup: both can present what is in it.")
        return said

    def change_passphrase(self, passphrase: str) -> None:
        """Seal the wallet under another passphrase; StoreError, ConfigurationError."""
        check_new_passphrase(passphrase)
        self.holder.change_passphrase(passphrase, parameters=self.parameters)

    def propose_phrase(self) -> tuple[str, tuple[int, ...]]:
        """Return a new phrase and which of its words to ask back; nothing is written yet."""
        return new_phrase(), places_to_ask()

    def keep_phrase(self, phrase: str, places: tuple[int, ...], answers: tuple[str, ...]) -> None:
        """Let a proposed phrase open the wallet, if the words at `places` were typed; PhraseError."""
        check_answers(phrase, places, answers)
        self.holder.recovery.set(phrase, parameters=self.parameters)

    def remove_phrase(self) -> None:
        """Let no phrase open the wallet; StoreError."""
        self.holder.recovery.remove()


def check_new_passphrase(passphrase: str) -> None:
    """Raise ConfigurationError for a new passphrase that is too short."""
    if len(passphrase) < MIN_CHARACTERS:
        raise ConfigurationError(f"a passphrase needs at least {MIN_CHARACTERS} characters")
