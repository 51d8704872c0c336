"""Where the wallet file is, by option, variable and platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from wallet.config import load_config

HOME = Path.home()


@pytest.mark.parametrize(
    ("option", "environment", "platform", "path"),
    [
        (Path("/a/w"), {"DDCC_WALLET": "/b/w"}, "linux", Path("/a/w")),
        (None, {"DDCC_WALLET": "/b/w", "XDG_DATA_HOME": "/c"}, "linux", Path("/b/w")),
        (None, {"XDG_DATA_HOME": "/c"}, "linux", Path("/c/ddcc/wallet.ddcc")),
        (None, {}, "linux", HOME / ".local/share/ddcc/wallet.ddcc"),
        (None, {}, "darwin", HOME / "Library/Application Support/ddcc/wallet.ddcc"),
        (None, {"LOCALAPPDATA": "/d"}, "win32", Path("/d/ddcc/wallet.ddcc")),
        (Path("~/w"), {}, "linux", HOME / "w"),
    ],
)
def test_the_option_comes_before_the_variable_and_the_platform(
    option: Path | None, environment: dict[str, str], platform: str, path: Path
) -> None:
    assert load_config(option, environment, platform=platform).path == path


def test_a_passphrase_in_the_environment_is_not_shown() -> None:
    """K8."""
    config = load_config(None, {"DDCC_PASSPHRASE": "correct horse"})
    assert "correct horse" not in repr(config)
