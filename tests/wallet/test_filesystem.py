"""A wallet on a network share is refused, because a save there may be lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.sealing import Argon2Parameters
from vclib.errors import StoreError
from wallet import database, filesystem
from wallet.filesystem import network_filesystem
from wallet.store import WalletStore

# The form of proc(5), section /proc/pid/mountinfo.
MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
35 22 0:31 / /home/anna/share rw,relatime shared:14 - nfs4 server:/export rw,vers=4.2
36 22 0:32 / /mnt/with\\040space rw - cifs //server/share rw
37 35 0:33 / /home/anna/share/local rw - tmpfs tmpfs rw
38 22 0:34 / /mnt/ssh rw,nosuid shared:15 master:2 - fuse.sshfs host: rw
garbage
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/anna/wallet", None),
        ("/home/anna/share/wallet", "nfs4"),
        ("/home/anna/shared/wallet", None),
        ("/home/anna/share/local/wallet", None),
        ("/mnt/with space/wallet", "cifs"),
        ("/mnt/ssh/wallet", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_the_deepest_mount_decides(tmp_path: Path, path: str, kind: str | None) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert network_filesystem(Path(path), mounts=mounts) == kind


def test_where_mounts_cannot_be_read_nothing_is_claimed(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path, mounts=tmp_path / "none") is None


def test_a_wallet_on_a_network_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """K5."""
    path = tmp_path / "wallet.ddcc"
    cheap = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
    monkeypatch.setattr(database, "network_filesystem", lambda _: "nfs4")
    with pytest.raises(StoreError, match=r"is on a network share \(nfs4\)"):
        WalletStore.create(path, "correct horse", parameters=cheap)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(database, "network_filesystem", filesystem.network_filesystem)
    WalletStore.create(path, "correct horse", parameters=cheap).close()
    monkeypatch.setattr(database, "network_filesystem", lambda _: "nfs4")
    with pytest.raises(StoreError, match="which may lose a save"):
        WalletStore.open(path, "correct horse")
    WalletStore.open(path, "correct horse", read_only=True).close()


def test_symbolic_links_in_a_circle_are_refused_by_whoever_opens_them(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    assert filesystem.network_filesystem(loop) is None
    cheap = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
    with pytest.raises(StoreError, match="cannot make the wallet"):
        WalletStore.create(loop, "correct horse", parameters=cheap)
