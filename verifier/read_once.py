"""Documents that a long check needs again and again, each fetched once by each process.

A million credentials name few documents. What failed is remembered, too, so that a host that is down is not
asked a million times. Not here: copies that outlast the process (`verifier.caching`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vclib.did import Fetch
from vclib.errors import ComplexityError, FetchError, MalformedError
from vclib.strict_json import JSONObject, parse_json_object

_MAX_DOCUMENTS = 1000


class FetchedOnce:
    """Reads each URL once, and remembers what failed."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._found: dict[str, bytes | FetchError] = {}

    def __call__(self, url: str) -> bytes:
        """Return the bytes of a URL as they were first read; raises what was raised first."""
        if url not in self._found:
            if len(self._found) >= _MAX_DOCUMENTS:
                self._found.clear()
            try:
                self._found[url] = self._fetch(url)
            except FetchError as err:
                self._found[url] = err
        found = self._found[url]
        if isinstance(found, FetchError):
            raise found
        return found


class ListsReadOnce(Mapping[str, JSONObject]):
    """Status lists at hand, and those that were fetched, as the same objects (see `kept_lists`)."""

    def __init__(self, at_hand: Mapping[str, JSONObject], fetch: Fetch | None) -> None:
        self._lists = dict(at_hand)
        self._fetch = fetch

    def __contains__(self, url: object) -> bool:
        """Whether a list is at hand, or can be fetched now."""
        if url in self._lists:
            return True
        if self._fetch is None or not isinstance(url, str) or not url.startswith(("https:", "http:")):
            return False
        try:
            self._lists[url] = parse_json_object(self._fetch(url))
        except (FetchError, MalformedError, ComplexityError):
            # The check asks once more, and says what was wrong.
            return False
        return True

    def __getitem__(self, url: str) -> JSONObject:
        return self._lists[url]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)
