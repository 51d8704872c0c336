"""`ddcc` as a process: its arguments, its streams, its exit code; the commands are in `ddcc.commands`.

Scripts ask for the version often, so it is printed before the command line's parser is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import ddcc
from runtime.streams import flush_output, open_standard_streams


def run(arguments: Sequence[str]) -> int:
    """Run one command line in this process and return its exit code, usage errors included."""
    if not _asks_for_version(arguments):
        # The parser takes longer to import than Python to start.
        from ddcc import commands

        return commands.run(arguments)
    try:
        print(f"ddcc {ddcc.__version__}")
    except OSError as err:
        return _report(err)
    return 0


def main() -> None:
    """Run the command line of this process; an output that could not be written is a failure."""
    open_standard_streams()
    if not _asks_for_version(sys.argv[1:]):
        from ddcc import commands

        commands.tell_what_is_logged()
    code = run(sys.argv[1:])
    lost = flush_output()
    if lost is not None and code == 0:
        code = _report(lost)
    sys.exit(code)


def _asks_for_version(arguments: Sequence[str]) -> bool:
    return [*arguments] == ["--version"]


def _report(error: OSError) -> int:
    from runtime.console import report_system_error

    return report_system_error(error)


if __name__ == "__main__":
    main()
