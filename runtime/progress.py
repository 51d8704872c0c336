"""A bar for long work: how much is done, at what rate, and how long it will still take.

On a terminal it is drawn on standard error; elsewhere nothing is drawn, and whoever wants to know looks at
the result. Not here: what is done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar of `total` steps; gives what is to be called with each number of steps that were done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr)
    # Drawn with each step that is told and by no thread of its own: processes may be forked meanwhile.
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(what, total=total)
        progress.refresh()

        def tell(steps: int) -> None:
            progress.advance(task, steps)
            progress.refresh()

        yield tell


class _RateColumn(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, e.g. "812/s"."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed is not None else "-/s")
