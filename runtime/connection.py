"""One connection, made to the address that was checked, within one time limit.

A name is resolved once; every address it has is checked; the connection goes to one of those addresses
and not to the name again, so an answer that changes between check and connect changes nothing (threat G2).
TLS still verifies the name. Every wait, from the name's resolution to the body's last byte, is cut at one
deadline, and all bytes that arrive are counted, headers included (threat G5).
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore

from runtime.addresses import IPAddress
from vclib.errors import FetchError, FetchRefusedError

# Host name and port to addresses as text, as a resolver gives them.
ResolveHost = Callable[[str, int], Sequence[str]]


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, from the operating system; OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    # The address is the first member of the socket address, a text for IPv4 and IPv6 alike.
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass
class Budget:
    """What one fetch may still use: time until `deadline` on `clock` (seconds), and `bytes_left` to read."""

    clock: Callable[[], float]
    deadline: float
    bytes_left: int

    def seconds_left(self) -> float:
        """Return the seconds until the deadline; FetchError if there are none."""
        seconds = self.deadline - self.clock()
        if seconds <= 0:
            raise FetchError("the answer took longer than the time limit")
        return seconds

    def take(self, count: int) -> None:
        """Count bytes that were read; FetchError once they are too many."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise FetchError("the answer is larger than the limit")


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only, and hands out streams that keep to the budget."""

    def __init__(self, budget: Budget, resolve: ResolveHost, permits: Callable[[IPAddress], bool]) -> None:
        self._budget = budget
        self._resolve = resolve
        self._permits = permits
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        # Any: httpcore types a socket option as a union of tuples that it does not export.
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a stream to the first address of `host` that answers; refuses if any address is refused."""
        failure: Exception | None = None
        for address in self._checked_addresses(host, port):
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, timeout=self._budget.seconds_left(), socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as err:
                failure = err
            else:
                return _BudgetStream(stream, self._budget)
        raise FetchError(f"{host} does not answer") from failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Refuse: nothing here is read from a local socket."""
        raise FetchRefusedError("local sockets are not fetched from")

    def _checked_addresses(self, host: str, port: int) -> list[IPAddress]:
        try:
            addresses = [ipaddress.ip_address(text) for text in self._resolve_in_time(host, port)]
        except ValueError as err:
            raise FetchRefusedError(f"{host} has an address of an unknown form") from err
        if not addresses:
            raise FetchError(f"{host} has no address")
        for address in addresses:
            if not self._permits(address):
                raise FetchRefusedError(f"{host} leads to {address}, which is not a public address")
        return addresses

    def _resolve_in_time(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread of its own: the operating system's resolver knows no deadline of ours."""
        answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as err:
                answers.put(err)

        threading.Thread(target=ask, daemon=True, name="resolve-host").start()
        try:
            answer = answers.get(timeout=self._budget.seconds_left())
        except queue.Empty as err:
            raise FetchError(f"the name {host} was not resolved within the time limit") from err
        if isinstance(answer, (OSError, UnicodeError)):
            raise FetchError(f"the name {host} cannot be resolved") from answer
        return answer


class _BudgetStream(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline, and whose every byte is counted."""

    def __init__(self, stream: httpcore.NetworkStream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, timeout=self._budget.seconds_left())
        self._budget.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._budget.seconds_left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout=self._budget.seconds_left())
        return _BudgetStream(stream, self._budget)

    # Any: httpcore's own signature, the kinds of information differ by name.
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
