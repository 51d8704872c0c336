"""Standard streams that cannot break a command: closed, full, of a reader that went away, of few characters.

A shell may close a stream (`<&-`), a pipe's reader may stop early (`| head`), a disk may be full where the
output goes, a terminal may know ASCII only. None of these is a reason for a traceback, and a lost output must
not look like success. Here the streams are made safe before the first command runs, and emptied after it.
Not here: what is printed (`runtime.console`).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

_INPUT, _OUTPUT, _ERRORS = 0, 1, 2


def open_standard_streams() -> None:
    """Give closed streams the null device, and let every text be printable in the stream's encoding.

    A closed descriptor would otherwise be given to the next file that is opened, e.g. a database, and what is
    meant for the terminal would be written there.
    """
    for descriptor in (_INPUT, _OUTPUT, _ERRORS):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is taken, which is this one.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or os.fdopen(_INPUT, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(_OUTPUT, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(_ERRORS, "w", encoding="utf-8", closefd=False)
    # A terminal that cannot show a character shows its number; nobody's name may end the program.
    chosen = ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace"))
    for stream, errors in chosen:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def flush_output() -> OSError | None:
    """Write out what was printed; returns why that failed, and then gives up what is left.

    What stays in the buffer would make Python report the failure once more at its end.
    """
    failure: OSError | None = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as err:
            failure = failure or err
            _give_up(stream)
    return failure


def can_print(text: str) -> bool:
    """Whether standard output has all characters of `text`."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _give_up(stream: io.TextIOBase | object) -> None:
    if not isinstance(stream, io.TextIOWrapper):
        return
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()
