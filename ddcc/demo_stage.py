"""The stage of the demonstration: runs real commands in this process, shows them, compares what comes out.

Every step is a command line that a person can type again; nothing is told that was not run. What a step is
expected to give is compared with what it gave, and the whole fails if anything differs. Not here: the story
(`ddcc.demo`).
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

from runtime.console import ExitCode
from vclib.strict_json import JSONObject, JSONValue

# How a command is run: its arguments to its exit code.
RunCommand = Callable[[Sequence[str]], int]

_STYLES = {"ACCEPTED": "bold green", "REFUSED": "bold red", "NOT DECIDED": "bold yellow"}


@dataclass(frozen=True)
class Expected:
    """What has to come out: the exit code, and texts that have to stand in the output."""

    code: int = 0
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """A command that was run."""

    told: str
    command: str
    code: int
    output: str
    problem: str = ""


@dataclass
class Stage:
    """Runs the steps; prints them on `console`, or nothing where there is none."""

    run_command: RunCommand
    console: Console | None = None
    steps: list[Step] = field(default_factory=list)

    def title(self, text: str) -> None:
        """Begin a part of the story."""
        if self.console is not None:
            self.console.print(f"\n[bold cyan]{escape(text)}[/]")

    def say(self, text: str) -> None:
        """Tell something that no command does."""
        if self.console is not None:
            self.console.print(f"  {escape(text)}", soft_wrap=True)

    def run(
        self,
        told: str,
        *arguments: object,
        expect: Expected = Expected(),
        shows: Callable[[str], Sequence[str]] = lambda _output: (),
        shows_messages: Callable[[str], Sequence[str]] = lambda _messages: (),
        suffix: str = "",
        shown: bool = True,
    ) -> Step:
        """Run `ddcc ARGUMENTS...` and show what was picked of its output and of its standard error.

        `suffix` is shown after the command, for what a shell would do with its output. A step that goes
        without saying is not `shown` unless it fails.
        """
        words = [str(argument) for argument in arguments]
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            code = self.run_command(words)
        if code == ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        printed = output.getvalue()
        problem = _problem(expect, code, printed + errors.getvalue())
        step = Step(told, shlex.join(["ddcc", *words]) + suffix, code, printed, problem)
        self.steps.append(step)
        if self.console is not None and (shown or problem):
            picked = () if problem else (*shows_messages(errors.getvalue()), *shows(printed))
            self._show(step, picked, errors.getvalue())
        return step

    def expect(self, told: str, *, holds: bool) -> None:
        """Tell something that was compared, and that has to hold."""
        self.steps.append(Step(told, "", 0, "", "" if holds else "it does not hold"))
        self.say(told if holds else f"THIS SHOULD NOT HAPPEN, it does not hold: {told}")

    def result(self) -> JSONObject:
        """Return all steps as JSON."""
        steps: list[JSONValue] = []
        for step in self.steps:
            written: JSONObject = {"step": step.told, "command": step.command, "exitCode": step.code}
            if step.problem:
                written["problem"] = step.problem
            steps.append(written)
        return {"ok": self.ok, "steps": steps}

    @property
    def ok(self) -> bool:
        """Whether everything came out as told."""
        return not any(step.problem for step in self.steps)

    def _show(self, step: Step, lines: Sequence[str], errors: str) -> None:
        if self.console is None:
            return
        self.console.print(f"\n  {escape(step.told)}", soft_wrap=True)
        self.console.print(f"  [dim]$ {escape(step.command)}[/]", soft_wrap=True)
        for line in lines:
            self.console.print(f"    {escape(line)}", style=_STYLES.get(line, ""), soft_wrap=True)
        if step.problem:
            self.console.print(f"    [bold red]THIS SHOULD NOT HAPPEN: {escape(step.problem)}[/]")
            self.console.print(escape(errors or step.output))


def _problem(expected: Expected, code: int, printed: str) -> str:
    missing = [text for text in expected.texts if text not in printed]
    if code != expected.code:
        return f"expected exit code {expected.code}, found {code}"
    return f"expected {missing[0]!r} in what was printed" if missing else ""
