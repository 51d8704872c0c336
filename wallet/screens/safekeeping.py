"""Backing up, restoring, another passphrase, opening by the recovery phrase: forms that say what they did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wallet.screens.forms import FormScreen


class BackupScreen(FormScreen):
    """Writes everything to one sealed file."""

    NAME = "Back up"
    ABOUT = (
        "Everything in the wallet, keys too, goes into one file under a passphrase of its own. Keep the file "
        "away from this computer, and its passphrase away from the file. Instead of a passphrase you can "
        "type the words of your recovery phrase."
    )
    HELP = ABOUT
    DO = "Write the backup"
    FIELDS = (
        ("file", "New file", False),
        ("passphrase", "Passphrase of the backup", True),
        ("again", "The same again", True),
    )

    def proposal(self, name: str) -> str:
        """Propose a file at home, with the day in its name."""
        return str(Path.home() / f"wallet-{self.desk.clock():%Y-%m-%d}.backup") if name == "file" else ""

    def prepared(self) -> Callable[[], str]:
        """Write it."""
        path, passphrase = self.path("file"), self.twice("passphrase", "again")
        said = self.words("Backed up to {path}", path=str(path))

        def write() -> str:
            self.desk.safekeeping.back_up(path, passphrase)
            return said

        return write


class RestoreScreen(FormScreen):
    """Adds what a backup holds."""

    NAME = "Restore"
    ABOUT = (
        "What the backup holds and this wallet does not is added; nothing is replaced or deleted. If it was "
        "made with a recovery phrase, type its words as passphrase."
    )
    HELP = ABOUT
    DO = "Restore"
    FIELDS = (("file", "File of the backup", False), ("passphrase", "Passphrase of the backup", True))

    def prepared(self) -> Callable[[], str]:
        """Restore it."""
        path, passphrase = self.path("file"), self.typed("passphrase")
        return lambda: self.desk.safekeeping.restore(path, passphrase)


class PassphraseScreen(FormScreen):
    """Seals the wallet under another passphrase."""

    NAME = "Change the passphrase"
    ABOUT = "The wallet will open with the new passphrase. Copies and backups made before keep the old one."
    HELP = ABOUT
    DO = "Change it"
    FIELDS = (("passphrase", "New passphrase", True), ("again", "The same again", True))

    def prepared(self) -> Callable[[], str]:
        """Change it."""
        passphrase = self.twice("passphrase", "again")
        said = self.words("The passphrase was changed.")

        def change() -> str:
            self.desk.safekeeping.change_passphrase(passphrase)
            return said

        return change


class RecoverScreen(FormScreen):
    """Opens a locked wallet by its recovery phrase, under a new passphrase from then on."""

    NAME = "Open with the recovery phrase"
    ABOUT = (
        "Type the twelve words in their order, with spaces between them. If they are those of this wallet, "
        "it opens, and from then on with the new passphrase."
    )
    HELP = ABOUT
    DO = "Open the wallet"
    FIELDS = (
        ("phrase", "Recovery phrase", False),
        ("passphrase", "New passphrase", True),
        ("again", "The same again", True),
    )

    def prepared(self) -> Callable[[], str]:
        """Open it."""
        phrase, passphrase = self.typed("phrase"), self.twice("passphrase", "again")
        said = self.words("The wallet opens with the new passphrase now.")

        def recover() -> str:
            self.desk.recover(phrase, passphrase)
            return said

        return recover

    def done(self, said: str) -> None:
        """Show the wallet."""
        self.notify(said, markup=False, timeout=10)
        self.wallet.opened()
