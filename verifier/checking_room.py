"""What a verifier is to know before it checks, described so that other processes can know the same.

The commands `check` and `check-batch` take the same options: whom to trust, lists of withdrawals, rules. They
are kept here as paths and names, without any secret, and opened by each process that checks. What the files
hold is named by digests, so a process that finds other files than its parent did refuses: all of a folder or
a batch is judged by one state of trust, lists and rules. Not here: the verdicts (`verifier.service`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from health.trust import Signers, SignerSet, TrustStore
from runtime.atomic import read_file
from runtime.fetch import Fetcher
from vclib.errors import ConfigurationError
from verifier.config import VerifierConfig, load_config
from verifier.environment import Sources
from verifier.inputs import read_status_files, read_trust_file, status_files
from verifier.kept_lists import KeptLists
from verifier.read_once import FetchedOnce, ListsReadOnce
from verifier.rule_store import choose_rules, rule_store
from verifier.rules import ChosenRules
from verifier.service import Question, Verifier
from verifier.signer_files import read_revocations, read_signers, revocation_files, signer_files
from verifier.trust_lists import load_store, marks_of
from verifier.trust_suspensions import read_suspended, suspended_path

# As long as a service keeps a verified list.
_LIST_LIFETIME = timedelta(minutes=5)
_MAX_FILE_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True)
class CheckingRoom:
    """The options of a check; paths are absolute.

    `home` is the verifier's folder, which has the trust lists, the rule sets and the settings; `trust` is a
    trust file in place of its lists. `rules` and `country` replace those of the settings.
    """

    home: Path | None = None
    trust: Path | None = None
    status: tuple[Path, ...] = ()
    signers: tuple[Path, ...] = ()
    revoked: tuple[Path, ...] = ()
    rules: str | None = None
    country: str | None = None
    require_holder: bool = False
    require_status: bool = False
    offline: bool = False
    allow_loopback: bool = False

    def config(self) -> VerifierConfig | None:
        """Return the settings of the home, None without one; ConfigurationError."""
        return load_config(self.home)

    def question(self, *, challenge: str | None = None, domain: str | None = None) -> Question:
        """Return what is asked of everything; ConfigurationError for rules that there are not."""
        config = self.config()
        return Question(
            challenge,
            domain,
            self.require_holder or (config is not None and config.require_holder),
            self.require_status or (config is not None and config.require_status),
            self._rules(config),
        )

    def verifier(self, *, of_many: bool = False) -> Verifier:
        """Return who checks, as the files are now; `of_many` reads each document and list once.

        Raises ConfigurationError, StoreError, MalformedError, TestListError.
        """
        config = self.config()
        # Of lists as they are now: a check, also of a whole folder, is of one moment.
        store = self._store(config)
        status_lists = read_status_files(self.status)
        fetcher = None if self.offline else Fetcher(allow_loopback=self.allow_loopback)
        fetch = FetchedOnce(fetcher) if of_many and fetcher is not None else fetcher
        memory = KeptLists(_LIST_LIFETIME) if of_many else None
        lists = ListsReadOnce(status_lists, fetch) if of_many else status_lists
        trusted = None if store is None else store.trusted_issuers()
        marks = () if store is None else marks_of(store)
        return Verifier(
            trusted,
            status_lists,
            fetch,
            sources=Sources(trusted, lists, fetch, list_memory=memory) if of_many else None,
            marks=lambda: marks,
            signers=self._signers(store, config),
            revocations=read_revocations(self.revoked),
        )

    def _store(self, config: VerifierConfig | None) -> TrustStore | None:
        """Return whom to believe, None where nobody was said to be trusted."""
        if self.trust is not None:
            # Whom the verifier suspended stays so under another trust file.
            return TrustStore(own=read_trust_file(self.trust), suspended=_suspended(config))
        store = None if config is None else load_store(config)
        return None if store is None or store.is_empty else store

    def _signers(self, store: TrustStore | None, config: VerifierConfig | None) -> Signers | None:
        named = read_signers(self.signers)
        if named is None:
            # A trust file names no signers of paper codes, and takes the place of the lists that do.
            return None if self.trust is not None else store
        suspended = _suspended(config)
        signers = (signer for several in named.by_kid.values() for signer in several)
        return SignerSet.of(
            replace(signer, suspended=suspended.get(signer.kid.hex(), "")) for signer in signers
        )

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file that a verdict depends on, by its path; StoreError."""
        return {str(path): _digest(path) for path in dict.fromkeys(self._files())}

    def state(self) -> str:
        """Return one digest of all of these files; StoreError."""
        lines = "".join(f"{path}\n{digest}\n" for path, digest in sorted(self.digests().items()))
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def check_unchanged(self, state: str) -> None:
        """Return if the files are those of a `state`; else ConfigurationError."""
        if self.state() != state:
            raise ConfigurationError("trust, lists or rules were changed while this ran; run it again")

    def _files(self) -> Iterable[Path]:
        yield from status_files(self.status)
        yield from signer_files(self.signers)
        yield from revocation_files(self.revoked)
        if self.trust is not None:
            yield self.trust
        config = self.config()
        if config is None:
            return
        candidates = [config.file, suspended_path(config)]
        if self.trust is None:
            candidates += [config.trust_path, *sorted(config.trust_folder.glob("*.json"))]
        chosen = self._rules(config)
        if chosen is not None:
            candidates.append(rule_store(config).path(chosen.name))
        yield from (path for path in candidates if path.exists())

    def _rules(self, config: VerifierConfig | None) -> ChosenRules | None:
        """Return the rules named by the options, else by the settings."""
        if config is None:
            if self.rules is not None or self.country is not None:
                raise ConfigurationError(
                    "--rules needs the folder that has the rule sets: --home or DDCC_VERIFIER_HOME"
                )
            return None
        name, country = self.rules or config.rules, self.country or config.rules_country
        if name is None and country is None:
            return None
        if name is None or country is None:
            raise ConfigurationError("--rules and --country belong together")
        return choose_rules(config, rule_store(config), name, country, config.rules_region)


def _suspended(config: VerifierConfig | None) -> Mapping[str, str]:
    return {} if config is None else read_suspended(config)


def absolute(path: Path | None) -> Path | None:
    """Return a path that means the same in every process."""
    return None if path is None else path.absolute()


def absolutes(paths: Iterable[Path] | None) -> tuple[Path, ...]:
    """Return paths that mean the same in every process."""
    return tuple(path.absolute() for path in paths or ())


def _digest(path: Path) -> str:
    return hashlib.sha256(read_file(path, max_bytes=_MAX_FILE_BYTES)).hexdigest()
