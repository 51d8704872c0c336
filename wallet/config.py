"""A wallet's settings: where its file is, and where passphrases may come from.

The only module of the wallet that reads the environment. The file is named by `--wallet`, by DDCC_WALLET, or
is the one of the user. Passphrases in variables are for scripts and tests: other programs of the same user
can read them, so a terminal or a file is better, and an argument is never accepted (threat K8).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.folders import user_data_folder

WALLET_VARIABLE = "DDCC_WALLET"
PASSPHRASE_VARIABLE = "DDCC_PASSPHRASE"  # noqa: S105 - the name of a variable
NEW_PASSPHRASE_VARIABLE = "DDCC_NEW_PASSPHRASE"  # noqa: S105 - the name of a variable
BACKUP_PASSPHRASE_VARIABLE = "DDCC_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable

FILE_NAME = "wallet.ddcc"


@dataclass(frozen=True)
class WalletConfig:
    """`path` is the wallet file; `environment` holds passphrases, so it is not shown."""

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def load_config(
    wallet: Path | None, environment: Mapping[str, str] = os.environ, *, platform: str = sys.platform
) -> WalletConfig:
    """Return the settings: the option's file, else DDCC_WALLET, else the user's own."""
    if wallet is not None:
        path = wallet
    elif environment.get(WALLET_VARIABLE):
        path = Path(environment[WALLET_VARIABLE])
    else:
        path = user_data_folder(environment, platform) / "ddcc" / FILE_NAME
    return WalletConfig(path.expanduser(), environment)
