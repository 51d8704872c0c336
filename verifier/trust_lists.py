"""The trust lists of a verifier: files in its home folder, one for each list, and reading them while it runs.

Each list is one file, `trust/NAME.json`, written whole or not at all; whoever changes one holds a lock on the
folder, so that a command and several workers cannot undo each other's change. A running service looks at the
folder with every check and takes a change at once; a file that cannot be read leaves what was in force
(threat I4). Why files and no table: docs/decisions/0311. Not here: what a list says and what vouches for it
(`health.trust`), and where one is fetched from (`verifier.trust_import`).
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from health.trust import (
    KeptList,
    Pins,
    TestListError,
    TrustedSigner,
    TrustListError,
    TrustStore,
    check_not_older,
    kept_from_json,
    kept_to_json,
    pins_from_json,
    pins_to_json,
)
from runtime.atomic import read_file, reason, write_file
from runtime.folders import make_folder
from vclib.errors import ComplexityError, ConfigurationError, MalformedError, StoreError, VCError
from vclib.policy import TrustedIssuer, TrustedIssuers
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from vclib.verdicts import Reason, Severity
from verifier.config import VerifierConfig
from verifier.inputs import read_trust_file
from verifier.trust_suspensions import read_suspended, suspended_path

MAX_FILE_BYTES = 64 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCK = ".lock"
_LOG = logging.getLogger(__name__)


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
        with self._locked():
            if path.exists():
                _check_replaces(source.kept, _read(path).kept)
            content: JSONObject = {"list": kept_to_json(source.kept), "pins": pins_to_json(source.pins)}
            write_file(path, (dump_json(content, indent=1) + "\n").encode())

    def remove(self, name: str) -> None:
        """Forget a list; ConfigurationError if there is none of that name."""
        path = self._path(name)
        with self._locked():
            try:
                path.unlink()
            except FileNotFoundError as err:
                raise ConfigurationError(f"there is no trust list {name!r}") from err
            except OSError as err:
                raise StoreError(f"cannot remove {path}: {reason(err)}") from err

    def state(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return what changes with every change of the folder; cheap, for each check asks for it."""
        try:
            with os.scandir(self.path) as entries:
                found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".json")]
        except OSError:
            return ()
        return tuple(sorted((name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for name, stat in found))

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

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_folder(self.path)
        try:
            descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as err:
            raise StoreError(f"cannot lock {self.path}: {reason(err)}") from err
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


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


class TrustSource(Mapping[str, TrustedIssuer]):
    """Whom a verifier trusts now: its trust file and its lists, read again when one of them was changed.

    A mapping from DID to issuer, as `TrustedIssuers` is made of, and `Signers` for paper codes. Threads may
    share it.
    """

    def __init__(self, config: VerifierConfig) -> None:
        """Read everything once; raises ConfigurationError, StoreError, TestListError (threat I6)."""
        self._config = config
        self._folder = TrustFolder(config.trust_folder)
        self._lock = threading.Lock()
        self._state = self._found()
        self._store = self._loaded()

    @property
    def store(self) -> TrustStore:
        """The store as the files are now; what was in force where they cannot be read."""
        state = self._found()
        if state != self._state:
            with self._lock:
                if state != self._state:
                    self._reload(state)
        return self._store

    def issuers(self) -> TrustedIssuers | None:
        """Return the issuers, which follow the files; None where nobody was said to be trusted."""
        return None if self._store.is_empty else TrustedIssuers(self)

    def signers_for(self, kid: bytes, *, format: str) -> tuple[TrustedSigner, ...]:  # noqa: A002 - its name
        """Return every signer with this key identifier that is trusted for the format."""
        return self.store.signers_for(kid, format=format)

    def marks(self) -> tuple[Reason, ...]:
        """Return what every result must carry: that lists of test systems are in use (threat I6)."""
        return marks_of(self.store)

    def __getitem__(self, did: str) -> TrustedIssuer:
        return self.store.trusted_issuers().by_did[did]

    def __iter__(self) -> Iterator[str]:
        return iter(self.store.trusted_issuers().by_did)

    def __len__(self) -> int:
        return len(self.store.trusted_issuers().by_did)

    def _reload(self, state: object) -> None:
        try:
            self._store = self._loaded()
        except VCError as err:
            _LOG.warning("the trust lists cannot be read, those in force stay: %s", err.message)
        self._state = state

    def _found(self) -> object:
        files = (self._config.trust_path, suspended_path(self._config))
        return (*self._folder.state(), *(_state_of(file) for file in files))

    def _loaded(self) -> TrustStore:
        return load_store(self._config)


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


def _state_of(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def max_age_of(config: VerifierConfig) -> timedelta | None:
    """Return how old a trust list may be, None for no limit."""
    return timedelta(seconds=config.trust_max_age) if config.trust_max_age else None


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
