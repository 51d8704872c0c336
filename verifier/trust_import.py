"""Take a trust list in: read it from where it is, have it verified against what was pinned, keep it.

A location is a file, a folder, an https URL or a did:web. The same steps serve the first time and every
refresh; what fails leaves the list that is in force, and it ages (threat I4). Not here: words and options of
commands (`verifier.cli_trust`), and what vouches for a list (`health.trust`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from health.trust import (
    KeptList,
    Material,
    Pins,
    TestListError,
    TrustList,
    WrongPublisherError,
    read_list,
    verify_list,
)
from runtime.atomic import read_file
from vclib.did import Fetch, did_web_url, resolver
from vclib.errors import ConfigurationError, FetchRefusedError, StoreError
from verifier.trust_lists import Source, TrustFolder

MAX_BYTES = 16 * 1024 * 1024
MAX_FILES = 5000

_SUFFIXES = frozenset({".json", ".pem", ".crt", ".cer", ".der"})
_SHA256 = re.compile(r"[0-9a-f]{64}")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What an administrator asks to be taken in: a name, where it is, what was pinned, what it is for."""

    name: str
    location: str
    pins: Pins
    formats: frozenset[str] | None = None
    types: frozenset[str] | None = None
    is_test: bool = False
    countries: frozenset[str] = frozenset()


def import_list(
    wanted: Wanted,
    folder: TrustFolder,
    *,
    fetch: Fetch | None,
    now: datetime,
    accept_test_lists: bool,
    progress: Progress = lambda _done, _all: None,
) -> KeptList:
    """Return the list as it is kept from now on.

    Raises TrustListError and its kinds, and whatever reading, fetching, resolving and verifying raise; then
    nothing was changed.
    """
    material = replace(read_material(wanted.location, fetch), progress=progress)
    verified = verify_list(material, wanted.pins, resolve=resolver(fetch=fetch), now=now)
    is_test = wanted.is_test or verified.trust_list.is_test
    if is_test and not accept_test_lists:
        raise TestListError(
            f"{wanted.name} is of a test system: set accept_test_lists in the verifier's settings to use it, "
            "which marks every result"
        )
    kept = KeptList(
        name=wanted.name,
        location=wanted.location,
        trust_list=verified.trust_list,
        voucher=verified.voucher,
        sha256=material.sha256,
        confirmed=now,
        formats=wanted.formats,
        types=wanted.types,
        countries=wanted.countries,
        is_test=is_test,
    )
    folder.take(Source(kept, wanted.pins))
    return kept


def refresh_list(
    source: Source,
    folder: TrustFolder,
    *,
    fetch: Fetch | None,
    now: datetime,
    accept_test_lists: bool,
    progress: Progress = lambda _done, _all: None,
) -> KeptList:
    """Read a list again from its location, under the same pins. Raises as `import_list`."""
    kept = source.kept
    wanted = Wanted(
        kept.name, kept.location, source.pins, kept.formats, kept.types, kept.is_test, kept.countries
    )
    return import_list(
        wanted, folder, fetch=fetch, now=now, accept_test_lists=accept_test_lists, progress=progress
    )


def audit_material(location: str, *, fetch: Fetch | None, now: datetime, progress: Progress) -> TrustList:
    """Return what the list at a location says, believed or not; nothing it refers to is fetched."""
    material = replace(read_material(location, fetch), fetch=None, progress=progress)
    return read_list(material, now=now)


def read_material(location: str, fetch: Fetch | None) -> Material:
    """Return the bytes at a location; StoreError, FetchError, ConfigurationError, ComplexityError."""
    if location.startswith("did:web:"):
        return _fetched(did_web_url(location), fetch)
    if "://" in location:
        return _fetched(location, fetch)
    path = Path(location)
    if path.is_dir():
        return Material(_folder_content(path), fetch)
    return Material({path.name: read_file(path, max_bytes=MAX_BYTES)}, fetch)


def read_contexts(options: Mapping[str, str], fetch: Fetch | None) -> dict[str, bytes]:
    """Return JSON-LD contexts by their URL: each option is a file, or "sha256:..." of what the URL has.

    Raises ConfigurationError for a digest that is none, WrongPublisherError for content with another digest.
    """
    found: dict[str, bytes] = {}
    for url, given in options.items():
        if not given.startswith("sha256:"):
            found[url] = read_file(Path(given), max_bytes=MAX_BYTES)
            continue
        digest = checked_digest(given, "--context")
        if fetch is None:
            raise FetchRefusedError(f"{url}: nothing is fetched here, give it as a file")
        content = fetch(url)
        if hashlib.sha256(content).hexdigest() != digest:
            raise WrongPublisherError(
                f"{url}: its digest is sha256:{hashlib.sha256(content).hexdigest()}, not the one given"
            )
        found[url] = content
    return found


def checked_digest(text: str, option: str) -> str:
    """Return a SHA-256 in hexadecimal, with or without "sha256:" before it; ConfigurationError."""
    digest = text.strip().lower().removeprefix("sha256:")
    if not _SHA256.fullmatch(digest):
        raise ConfigurationError(f"{option}: expected the 64 hexadecimal digits of a SHA-256")
    return digest


def _fetched(url: str, fetch: Fetch | None) -> Material:
    if fetch is None:
        raise FetchRefusedError(f"{url[:200]}: nothing is fetched here, give it as a file")
    return Material({url: fetch(url)}, fetch)


def _folder_content(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not files:
        raise StoreError(f"{folder}: expected files that end in {', '.join(sorted(_SUFFIXES))}, found none")
    if len(files) > MAX_FILES:
        raise ConfigurationError(f"{folder}: {len(files)} files, more than {MAX_FILES}")
    return {str(path.relative_to(folder)): read_file(path, max_bytes=MAX_BYTES) for path in files}
