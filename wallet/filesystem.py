"""Is a path on a network share? A database there may lose a save that it reported as done (threat K5).

File locks and syncing over NFS or SMB depend on servers that cannot be asked. Linux tells the type of each
mount; elsewhere nothing is detected, and the documentation says so.
Sources: proc(5) `/proc/self/mountinfo`; https://www.sqlite.org/lockingv3.html#how_to_corrupt.
"""

from __future__ import annotations

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

_NETWORK_TYPES = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ncpfs",
        "davfs",
        "fuse.sshfs",
        "fuse.davfs2",
        "fuse.rclone",
    }
)


def network_filesystem(path: Path, *, mounts: Path = MOUNTS) -> str | None:
    """Return the type of the network file system that `path` lies on, None for a local or unknown one."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
        resolved = path.resolve()
    except (OSError, RuntimeError):
        # RuntimeError: symbolic links that lead in a circle; whoever opens the path will say so.
        return None
    # A mount later in the list, on the same or a deeper directory, covers the earlier ones.
    longest, found = -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ", 1)[0]
        if len(fields) < 5 or not kind:
            continue
        mount_point = Path(_unescape(fields[4]))
        if len(mount_point.parts) >= longest and resolved.is_relative_to(mount_point):
            longest, found = len(mount_point.parts), kind
    return found if found in _NETWORK_TYPES else None


def _unescape(text: str) -> str:
    for escaped, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(escaped, character)
    return text
