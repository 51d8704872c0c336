"""A PKCS#11 token in software, in a folder of its own: SoftHSM, from Debian's package `softhsm2`.

Tests that need it are skipped where it is missing, unless DDCC_REQUIRE_SOFTHSM=1 says that it must not be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PIN = "493817"
LABEL = "ddcc-test"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class SoftHSM:
    """One token: the library, and the folder that its keys lie in."""

    module: str
    folder: Path

    @property
    def away(self) -> Path:
        return self.folder.with_name("tokens-away")

    def unplug(self) -> None:
        """Take the token away, with sessions open and all."""
        self.folder.rename(self.away)
        self.folder.mkdir()

    def plug_in(self) -> None:
        """Put the token back."""
        self.folder.rmdir()
        self.away.rename(self.folder)


@contextmanager
def softhsm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHSM]:
    """Give a new token with the label and PIN above; skips the test where SoftHSM is missing."""
    module = next((each for each in _MODULES if Path(each).exists()), None)
    program = shutil.which("softhsm2-util")
    if module is None or program is None:
        if os.environ.get("DDCC_REQUIRE_SOFTHSM") == "1":
            pytest.fail("SoftHSM is required (DDCC_REQUIRE_SOFTHSM=1) and not installed")
        pytest.skip("SoftHSM is not installed (Debian: softhsm2)")
    pkcs11 = pytest.importorskip("pkcs11")
    tokens = folder / "tokens"
    tokens.mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    subprocess.run(
        [program, "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "12345678"],
        check=True,
        capture_output=True,
        timeout=30,
    )
    try:
        yield SoftHSM(module, tokens)
    finally:
        # The library reads its settings when it is initialised, and the next test has others.
        with suppress(pkcs11.exceptions.PKCS11Error):
            pkcs11.lib(module).finalize()
