"""The issuer and the verifier of a benchmark: their folders, their keys, and their real server processes.

Everything is as an operator would set it up, with two settings that a benchmark needs: no limit on the
requests of one address, and challenges that live long enough to be asked for before the measuring begins.
Logs are written, to a file. Keys are the same in every run, so that a filled database can be used again.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from issuer.access import Role, create_token
from issuer.config import IssuerConfig, save_config
from issuer.keys import IssuerKeys, save_keys
from issuer.report import trust_entry
from issuer.store import IssuerStore
from runtime.commands import utc_now
from runtime.sealing import Argon2Parameters
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, dump_json
from verifier.store import VerifierStore

_PASSPHRASE = "correct horse battery"
# The passphrase is asked for once at the start, which is not measured.
_CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
_START_SECONDS = 120
_STOP_SECONDS = 30
_CHALLENGE_SECONDS = 24 * 3600
_MAX_CHALLENGES = 10_000_000
_TOKEN_DAYS = 30


@dataclass(frozen=True)
class Site:
    """An issuer and a verifier that trusts it: their databases and the ports of loopback they answer at."""

    folder: Path
    issuer_database: str
    verifier_database: str
    issuer_port: int
    verifier_port: int

    @property
    def keys(self) -> IssuerKeys:
        """The issuer's keys."""
        return IssuerKeys(
            {
                key_type: PrivateKey.from_secret_bytes(key_type, bytes([1]) * 32)
                for key_type in (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)
            }
        )

    @property
    def config(self) -> IssuerConfig:
        """The issuer's settings."""
        return IssuerConfig(
            home=self.folder / "issuer",
            name="Ministry of Health",
            url=f"http://127.0.0.1:{self.issuer_port}",
            dids=self.keys.dids,
            database_url=self.issuer_database,
        )

    def set_up(self) -> str:
        """Write the folders of both programs and return a token to mint with."""
        config = self.config
        config.home.mkdir(parents=True)
        save_keys(self.keys, config.keys_path, _PASSPHRASE, parameters=_CHEAP)
        save_config(config)
        passphrase = config.home / "passphrase"
        passphrase.write_text(_PASSPHRASE)
        passphrase.chmod(0o600)
        verifier = self.folder / "verifier"
        verifier.mkdir()
        settings: JSONObject = {
            "name": "The Venue",
            "url": f"http://127.0.0.1:{self.verifier_port}",
            "challenge_seconds": _CHALLENGE_SECONDS,
            "max_open_challenges": _MAX_CHALLENGES,
            "requests_per_second": 0,
        }
        (verifier / "verifier.toml").write_text(
            "".join(f"{name} = {dump_json(value)}\n" for name, value in settings.items())
        )
        (verifier / "trust.json").write_text(dump_json(trust_entry(config)))
        VerifierStore.open(self.verifier_database).close()
        store = IssuerStore.open(self.issuer_database)
        try:
            return create_token(store, name="bench", role=Role.MINTER, days=_TOKEN_DAYS, now=utc_now())[0]
        finally:
            store.close()

    @contextmanager
    def serving(self, workers: int) -> Iterator[None]:
        """Run both services, each with so many worker processes."""
        config = self.config
        issuer = ["issuer", "serve", "--passphrase-file", str(config.home / "passphrase")]
        verifier = ["verifier", "serve", "--allow-loopback"]
        with (
            self._running(issuer, config.home, self.issuer_port, self.issuer_database, workers),
            self._running(
                verifier, self.folder / "verifier", self.verifier_port, self.verifier_database, workers
            ),
        ):
            yield

    @contextmanager
    def _running(
        self, command: list[str], home: Path, port: int, database: str, workers: int
    ) -> Iterator[None]:
        place = ["--home", str(home), "--database", database, "--port", str(port), "--workers", str(workers)]
        log = self.folder / f"{command[0]}.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DDCC_")}
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "ddcc", *command, *place],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
            )
        try:
            _wait_until_it_answers(process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _wait_until_it_answers(process: subprocess.Popen[bytes], log: Path) -> None:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        answered = bool(selector.select(_START_SECONDS)) and b" answers at " in process.stdout.readline()
    if not answered:
        raise ChildProcessError(f"a service did not start: {log.read_text(errors='replace')[-2000:]}")
