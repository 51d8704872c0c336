"""Document signers and revocation lists from files: certificates in PEM or DER, lists in JSON, or folders.

What an operator got by hand, for a few issuers; whole trust lists are read by the trust store. A file that is
named here vouches for its certificates by being named. Not here: chains, and whether a signer may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from health.formats import RevocationList, Revocations, read_revocation_list, read_signer_certificates
from health.trust import SignerSet, TrustedSigner
from runtime.console import read_input
from vclib.errors import ComplexityError, ConfigurationError, KeyMaterialError, MalformedError

_CERTIFICATE_FILES = (".pem", ".crt", ".cer", ".der")


def read_signers(paths: Sequence[Path]) -> SignerSet | None:
    """Return the signers of certificate files and folders of them, None where no path is given.

    Raises ConfigurationError for a file that is no certificate, StoreError.
    """
    if not paths:
        return None
    return SignerSet.of(signer for file in signer_files(paths) for signer in _signers_of(file))


def signer_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of signers' certificates: those named, and of a folder all with a name of one."""
    return _files(paths, _CERTIFICATE_FILES)


def read_revocations(paths: Sequence[Path]) -> Revocations | None:
    """Return the revocation lists of files and folders, None where no path is given.

    Raises ConfigurationError for a file that is none, StoreError.
    """
    return Revocations.of(map(_revocation_list, revocation_files(paths))) if paths else None


def revocation_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of revocation lists: those named, and of a folder all that are JSON."""
    return _files(paths, (".json",))


def _files(paths: Sequence[Path], endings: tuple[str, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in endings)
        else:
            yield path


def _revocation_list(file: Path) -> RevocationList:
    try:
        return read_revocation_list(read_input(file))
    except (MalformedError, ComplexityError) as err:
        raise ConfigurationError(f"{file}: {err.message}") from err


def _signers_of(file: Path) -> tuple[TrustedSigner, ...]:
    try:
        return read_signer_certificates(read_input(file), source=str(file))
    except KeyMaterialError as err:
        raise ConfigurationError(f"{file}: {err.message}") from err
