"""What the commands of `ddcc trust` have in common: options, the folder, the network, progress."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from runtime.fetch import Fetcher
from vclib.did import Fetch
from vclib.errors import ConfigurationError
from verifier.config import VerifierConfig, load_config
from verifier.trust_import import MAX_BYTES

# A list of a whole network is some megabytes.
_SECONDS = 60.0

Home: TypeAlias = Annotated[
    Path | None, typer.Option("--home", help="Folder of the verifier. DDCC_VERIFIER_HOME.")
]
Offline: TypeAlias = Annotated[bool, typer.Option("--offline", help="Fetch nothing.")]
AllowLoopback: TypeAlias = Annotated[
    bool, typer.Option("--allow-loopback", help="Development only: also read from servers on this machine.")
]


def trust_config(home: Path | None) -> VerifierConfig:
    """Return the settings of the verifier's home; ConfigurationError without one."""
    config = load_config(home)
    if config is None:
        raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
    return config


def trust_fetch(*, offline: bool, allow_loopback: bool) -> Fetch | None:
    """Return what reads lists, None offline."""
    if offline:
        return None
    return Fetcher(max_bytes=MAX_BYTES, timeout=_SECONDS, allow_loopback=allow_loopback)


class Progress:
    """Tells how far long work is, on one line of a terminal; elsewhere nothing."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = -1

    def __call__(self, done: int, everything: int) -> None:
        percent = 100 * done // max(everything, 1)
        if not sys.stderr.isatty() or percent == self._shown:
            return
        self._shown = percent
        end = "\r\x1b[K" if done == everything else ""
        print(
            f"\r{self._what} {done} of {everything} ({percent} %){end}", end="", file=sys.stderr, flush=True
        )
