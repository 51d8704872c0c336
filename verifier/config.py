"""A verifier's settings: where it keeps its trust file and the challenges it has sent.

The home folder is optional: `ddcc verifier check` works on files alone. With one, `trust.json` in it is the
trust file unless another is named, and `verifier.sqlite` remembers challenges, so that an answer is taken
once. Not here: whom to trust (that is the trust file's content).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "DDCC_VERIFIER_HOME"
DATABASE_VARIABLE = "DDCC_VERIFIER_DATABASE"


@dataclass(frozen=True)
class VerifierConfig:
    """A verifier's home folder; `database_url` is None for the file in it, `database_path`."""

    home: Path
    database_url: str | None = None

    @property
    def database_path(self) -> Path:
        """The database that is used when no other is named."""
        return self.home / "verifier.sqlite"

    @property
    def trust_path(self) -> Path:
        """The trust file that is used when no other is named."""
        return self.home / "trust.json"


def load_config(option: Path | None, environment: Mapping[str, str] = os.environ) -> VerifierConfig | None:
    """Return the settings of the folder named by the option or DDCC_VERIFIER_HOME, None without either."""
    named = option or (Path(environment[HOME_VARIABLE]) if environment.get(HOME_VARIABLE) else None)
    if named is None:
        return None
    return VerifierConfig(named, environment.get(DATABASE_VARIABLE) or None)
