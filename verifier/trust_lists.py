"""The trust lists of a verifier: files in its home folder, one for each list, and reading them while it runs.

Each list is one file, `trust/NAME.json`, written whole or not at all; whoever changes one holds a lock on the
folder, so that a command and several workers cannot undo each other's change. A running service looks at the
folder with every check and takes a change at once (what is written into a file of `signers` within a second,
docs/decisions/0397); a file that cannot be read leaves what was in force (threat I4). Why files and no table:
docs/decisions/0311. Not here: what a list says and what vouches for it
(`health.trust`), and where one is fetched from (`verifier.trust_import`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from health.trust import (
    KeptList,
    Pins,
    Signers,
    SignerSet,
    Suspensions,
    TestListError,
    TrustedSigner,
    TrustListError,
    TrustStore,
    check_not_older,
    kept_from_json,
    kept_to_json,
    key_digest,
    pins_from_json,
    pins_to_json,
)
from runtime.atomic import read_file, reason, write_file
from runtime.locked import locked_folder
from vclib.errors import ComplexityError, ConfigurationError, MalformedError, StoreError, VCError
from vclib.policy import TrustedIssuers
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from vclib.verdicts import Reason, Severity
from verifier.config import VerifierConfig, age_limit
from verifier.environment import TrustNow
from verifier.file_states import FileState, SeenFiles, file_state, found_state, oldest, state_of
from verifier.in_force import InForce
from verifier.inputs import read_trust_file
from verifier.signer_files import read_signers, signer_files
from verifier.trust_suspensions import read_suspended, suspended_path

MAX_FILE_BYTES = 64 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Source:
    """A list as it is kept, with what was pinned for it: enough to read it again from its location."""

    kept: KeptList
    pins: Pins


class TrustFolder:
    """The folder `trust` in a verifier's home."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def sources(self) -> tuple[Source, ...]:
        """Return every list, in the order of their names, which is the order in which they count.

        Raises StoreError, and ConfigurationError naming the file that is no list of ours.
        """
        return tuple(_read(path) for path in self._files())

    def find(self, name: str) -> Source | None:
        """Return the list of this name, None if there is none."""
        path = self._path(name)
        return _read(path) if path.exists() else None

    def take(self, source: Source) -> None:
        """Keep a list that was verified, in place of an older version of it.

        Raises OlderListError for one that is older than what is kept, TrustListError for another list under
        a name that is taken; then nothing was changed.
        """
        path = self._path(source.kept.name)
        with locked_folder(self.path):
            if path.exists():
                _check_replaces(source.kept, _read(path).kept)
            content: JSONObject = {"list": kept_to_json(source.kept), "pins": pins_to_json(source.pins)}
            write_file(path, (dump_json(content, indent=1) + "\n").encode())

    def remove(self, name: str) -> None:
        """Forget a list; ConfigurationError if there is none of that name."""
        path = self._path(name)
        with locked_folder(self.path):
            try:
                path.unlink()
            except FileNotFoundError as err:
                raise ConfigurationError(f"there is no trust list {name!r}") from err
            except OSError as err:
                raise StoreError(f"cannot remove {path}: {reason(err)}") from err

    def state(self) -> FileState:
        """Return what changes with every change of the folder; cheap, for each check asks for it."""
        try:
            with os.scandir(self.path) as entries:
                found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".json")]
        except OSError:
            return ()
        return tuple(sorted(state_of(name, stat) for name, stat in found))

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self.path.glob("*.json") if not path.name.startswith("."))
        except OSError as err:
            raise StoreError(f"cannot read {self.path}: {reason(err)}") from err

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"the name of a list: expected at most 64 letters, digits, . _ and -, found {name[:80]!r}"
            )
        return self.path / f"{name}.json"


def _read(path: Path) -> Source:
    try:
        document = parse_json_object(read_file(path, max_bytes=MAX_FILE_BYTES), max_bytes=MAX_FILE_BYTES)
        kept, pins = document.get("list"), document.get("pins")
        if not isinstance(kept, dict) or not isinstance(pins, dict):
            raise ConfigurationError(f"{path}: expected a trust list as this program writes it")
        source = Source(kept_from_json(kept), pins_from_json(pins))
    except (MalformedError, ComplexityError) as err:
        raise ConfigurationError(f"{path}: {err.message}") from err
    if source.kept.name != path.stem:
        raise ConfigurationError(f"{path}: the list in it is named {source.kept.name[:80]!r}")
    return source


def _check_replaces(new: KeptList, kept: KeptList) -> None:
    same = (new.trust_list.kind, new.trust_list.publisher) == (
        kept.trust_list.kind,
        kept.trust_list.publisher,
    )
    if not same:
        raise TrustListError(
            f"the name {kept.name} is taken by a list of {kept.trust_list.publisher or kept.location}: "
            "remove that first, or choose another name"
        )
    check_not_older(new.trust_list, kept.trust_list)


@dataclass(frozen=True)
class NamedSigners:
    """Signers by certificates in the verifier's home, believed as they stand; `since` is of the oldest."""

    signers: SignerSet
    since: datetime


@dataclass(frozen=True)
class JoinedSigners:
    """Signers of several origins, side by side."""

    parts: tuple[Signers, ...]

    def signers_for(self, kid: bytes, *, format: str) -> tuple[TrustedSigner, ...]:  # noqa: A002 - its name
        """Return every signer with this key identifier that is trusted for the format."""
        return tuple(signer for part in self.parts for signer in part.signers_for(kid, format=format))


@dataclass(frozen=True)
class TrustFiles:
    """What the files of a verifier's home say: its trust file and lists, and signers by certificate."""

    store: TrustStore
    named: NamedSigners | None = None

    @property
    def issuers(self) -> TrustedIssuers | None:
        """The issuers; None where nobody was said to be trusted."""
        return None if self.store.is_empty else self.store.trusted_issuers()

    def suspending(self, suspended: Suspensions) -> TrustFiles:
        """Return the same with these suspensions and no others."""
        named = self.named
        if named is not None:
            named = replace(named, signers=suspended.of_signers(named.signers))
        return TrustFiles(replace(self.store, suspended=suspended), named)

    def names(self, entry: str) -> bool:
        """Say whether a DID, or a signer's key identifier in small hexadecimal, is that of somebody here."""
        if entry.startswith("did:"):
            return entry in self.store.trusted_issuers().by_did
        certificates = (each for kept in self.store.lists for each in kept.trust_list.certificates)
        named = () if self.named is None else self.named.signers.by_kid
        return any(kid.hex() == entry for kid in (*(each.kid for each in certificates), *named))

    def keys_of(self, entry: str) -> frozenset[str]:
        """Return the keys (`key_digest`) of the signers with this key identifier; none for a DID."""
        if entry.startswith("did:"):
            return frozenset()
        kid = bytes.fromhex(entry)
        named = () if self.named is None else self.named.signers.by_kid.get(kid, ())
        return frozenset(key_digest(each.public_key) for each in (*self.store.signers_of(kid), *named))

    @property
    def signers(self) -> Signers | None:
        """The signers of paper codes; None where nobody was said to be trusted."""
        store: Signers | None = None if self.store.is_empty else self.store
        if self.named is None:
            return store
        return self.named.signers if store is None else JoinedSigners((store, self.named.signers))


class TrustSource:
    """Whom a verifier trusts now: its trust file, its lists and the certificates of signers in its home.

    They are read again when one of them was changed. A `verifier.environment.Trust`: what it gives is as the
    files are at that moment, and does not change in the middle of a check. Threads may share it.
    """

    def __init__(self, config: VerifierConfig) -> None:
        """Read everything once; raises ConfigurationError, StoreError, TestListError (threat I6)."""
        self._config = config
        self._folder = TrustFolder(config.trust_folder)
        self._signers = SeenFiles(config.signers_path, lambda: _named_files(config))
        state = self._found()
        self._in_force = InForce("the trust lists", state, load_trust(config), kept=self._suspended)

    @property
    def problem(self) -> str | None:
        """Why the files as they are now cannot be read, None where they were."""
        return self._in_force.problem

    def files(self) -> TrustFiles:
        """Return what the files say now; what was in force where they cannot be read."""
        return self._in_force.update(self._found(), lambda: load_trust(self._config))

    def now(self) -> TrustNow:
        """Return whom to trust, and the mark that lists of test systems are in use (threat I6)."""
        found = self.files()
        return TrustNow(found.issuers, found.signers, marks_of(found.store))

    def _suspended(self, files: TrustFiles) -> TrustFiles:
        """Take whom the verifier suspended: a list that is broken must not hold up what is urgent."""
        try:
            return files.suspending(read_suspended(self._config))
        except VCError:
            # It is what cannot be read, or the second thing; `problem` says so already.
            return files

    def _found(self) -> Hashable:
        own = tuple(found_state([path]) for path in (self._config.trust_path, suspended_path(self._config)))
        return own, self._folder.state(), self._signers.state()


def _named_files(config: VerifierConfig) -> Iterator[Path]:
    # A folder of that name in the home is an offer; a path that somebody configured has to be there.
    if config.signers is not None or config.signers_path.exists():
        yield from signer_files([config.signers_path])


def load_trust(config: VerifierConfig) -> TrustFiles:
    """Return what the files of a verifier's home say; raises as `load_store`."""
    store = load_store(config)
    try:
        state = file_state(_named_files(config))
    except OSError as err:
        raise StoreError(f"cannot read {config.signers_path}: {reason(err)}") from err
    signers = read_signers([Path(name) for name, *_ in state])
    if signers is None:
        return TrustFiles(store)
    # Believed as they stand, but not against the verifier's own word.
    return TrustFiles(store, NamedSigners(store.suspended.of_signers(signers), oldest(state)))


def load_store(config: VerifierConfig) -> TrustStore:
    """Return the trust store of a verifier's home.

    Raises ConfigurationError, StoreError, and TestListError for a list of a test system where the settings do
    not accept such lists (threat I6).
    """
    own = read_trust_file(config.trust_path) if config.trust_path.exists() else None
    kept = tuple(source.kept for source in TrustFolder(config.trust_folder).sources())
    store = TrustStore(kept, own, max_age_of(config), read_suspended(config))
    if store.test_lists and not config.accept_test_lists:
        raise TestListError(
            f"{', '.join(store.test_lists)}: of a test system; remove it, or set accept_test_lists, which "
            "marks every result"
        )
    return store


def max_age_of(config: VerifierConfig) -> timedelta | None:
    """Return how old a trust list may be, None for no limit."""
    return age_limit(config.trust_max_age)


def marks_of(store: TrustStore) -> tuple[Reason, ...]:
    """Return the mark of a verifier that believes test systems, none for one that does not."""
    if not store.test_lists:
        return ()
    return (
        Reason(
            "test-lists",
            "TEST: this verifier believes issuers of test systems. Nothing it says is for real use.",
            Severity.NOTE,
            detail=", ".join(store.test_lists),
        ),
    )
