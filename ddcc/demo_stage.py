"""The stage of the demonstration: runs real commands in this process, shows them, compares what comes out.

Every step is a command line that a person can type again; nothing is told that was not run. What a step is
expected to give is compared with what it gave, and the whole fails if anything differs. A terminal gets long
commands on several lines, which can still be copied. Not here: the story (`ddcc.demo`), and the servers
(`ddcc.demo_servers`).
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

from runtime.console import ExitCode
from runtime.terminal import wrap_line
from vclib.strict_json import JSONObject, JSONValue

# How a command is run: its arguments to its exit code.
RunCommand = Callable[[Sequence[str]], int]
# What of an output is shown.
Pick = Callable[[str], Sequence[str]]

_STYLES = {"ACCEPTED": "bold green", "REFUSED": "bold red", "NOT DECIDED": "bold yellow"}
_COMMAND_INDENT = 6
# What a shell gives a command that a signal ended, and the number of the signal above it.
_ENDED_BY_SIGNAL = 128
# A word of a shell's command line, quotes and the spaces in them included.
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")


@dataclass(frozen=True)
class Expected:
    """What has to come out: the exit code, and texts that have to stand in the output."""

    code: int = 0
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """What was run: `command` as it can be typed, or in words where no command does it."""

    told: str
    command: str
    code: int
    output: str
    problem: str = ""
    is_refusal: bool = False


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
        """Tell something that no command does; a line break begins another paragraph."""
        self._print_lines(text.split("\n"), indent=2)

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show on a terminal that something takes its time."""
        if self.console is None:
            yield
            return
        with self.console.status(escape(text)):
            yield

    def run(
        self,
        told: str,
        *arguments: object,
        expect: Expected = Expected(),
        refuses: bool = False,
        shows: Pick = lambda _output: (),
        shows_messages: Pick = lambda _messages: (),
        suffix: str = "",
        shown: bool = True,
    ) -> Step:
        """Run `ddcc ARGUMENTS...` and show what was picked of its output and of its standard error.

        `suffix` is shown after the command, for what a shell would do with its output. A step that goes
        without saying is not `shown` unless it fails. `refuses` counts it among the refusals.
        """
        words = [str(argument) for argument in arguments]
        return self._perform(
            Step(told, shlex.join(["ddcc", *words]) + suffix, 0, "", is_refusal=refuses),
            lambda: self.run_command(words),
            expect=expect,
            pick=lambda output, messages: (*shows_messages(messages), *shows(output)),
            shown=shown,
        )

    def act(
        self,
        told: str,
        in_words: str,
        action: Callable[[], int],
        *,
        expect: Expected = Expected(),
        refuses: bool = False,
    ) -> Step:
        """Do what no command does, and show what it prints; `in_words` stands in place of the command."""
        step = Step(told, in_words, 0, "", is_refusal=refuses)
        return self._perform(step, action, expect=expect, pick=lambda output, _: output.splitlines())

    def note(self, step: Step, lines: Sequence[str] = (), *, shown: bool = True) -> None:
        """Take in a step that was run elsewhere, and show it."""
        self.steps.append(step)
        if shown or step.problem:
            self._announce(step)
            self._print_lines(lines, indent=4)
            self._show_problem(step, step.output)

    def expect(self, told: str, *, holds: bool) -> None:
        """Tell something that was compared, and that has to hold."""
        self.steps.append(Step(told, "", 0, "", "" if holds else "it does not hold"))
        self.say(told if holds else f"THIS SHOULD NOT HAPPEN, it does not hold: {told}")

    def result(self) -> JSONObject:
        """Return all steps as JSON."""
        steps: list[JSONValue] = []
        for step in self.steps:
            written: JSONObject = {"step": step.told, "command": step.command, "exitCode": step.code}
            if step.is_refusal:
                written["refusal"] = True
            if step.problem:
                written["problem"] = step.problem
            steps.append(written)
        return {"ok": self.ok, "steps": steps}

    @property
    def ok(self) -> bool:
        """Whether everything came out as told."""
        return not any(step.problem for step in self.steps)

    @property
    def refusals(self) -> int:
        """How many steps were refused, as they should be."""
        return sum(step.is_refusal and not step.problem for step in self.steps)

    def _perform(
        self,
        planned: Step,
        action: Callable[[], int],
        *,
        expect: Expected,
        pick: Callable[[str, str], Sequence[str]],
        shown: bool = True,
    ) -> Step:
        if shown:
            self._announce(planned)
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors), _nobody_types():
            code = action()
        if code == ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        if code > _ENDED_BY_SIGNAL:
            raise SystemExit(code)
        printed, messages = output.getvalue(), errors.getvalue()
        problem = _problem(expect, code, printed + messages)
        step = Step(planned.told, planned.command, code, printed, problem, planned.is_refusal)
        self.steps.append(step)
        if problem and not shown:
            self._announce(step)
        if shown and not problem:
            self._print_lines(pick(printed, messages), indent=4)
        self._show_problem(step, messages or printed)
        return step

    def _announce(self, step: Step) -> None:
        """Say what is about to be done, so that nobody looks at a screen on which nothing happens."""
        if self.console is None:
            return
        self.console.print()
        self.say(step.told)
        for line in self._command_lines(step.command):
            self.console.print(line, style="dim", markup=False, soft_wrap=True)

    def _command_lines(self, command: str) -> list[str]:
        if not command.startswith(("ddcc ", "echo ", "mkdir ")):
            return wrap_line(f"  ({command})", self._columns)
        return command_lines(command, self._columns, prefix="  $ ")

    def _print_lines(self, lines: Sequence[str], *, indent: int) -> None:
        if self.console is None:
            return
        for line in lines:
            for part in wrap_line(f"{' ' * indent}{line}" if line else "", self._columns):
                self.console.print(part, style=_STYLES.get(line, ""), markup=False, soft_wrap=True)

    def _show_problem(self, step: Step, printed: str) -> None:
        if self.console is not None and step.problem:
            self.console.print(f"    [bold red]THIS SHOULD NOT HAPPEN: {escape(step.problem)}[/]")
            self.console.print(escape(printed))

    @property
    def _columns(self) -> int | None:
        return self.console.width if self.console is not None and self.console.is_terminal else None


def command_lines(command: str, columns: int | None, *, prefix: str = "") -> list[str]:
    """Return a command line as lines of at most `columns` that a shell reads as one; None is no limit.

    An option stays with its value. What is longer than a line stays whole.
    """
    if columns is None or len(prefix + command) <= columns:
        return [prefix + command]
    lines: list[str] = []
    for words in _with_values(_WORD.findall(command)):
        # Room for " \\" at the end.
        if lines and len(f"{lines[-1]} {words}") <= columns - 2:
            lines[-1] += f" {words}"
        else:
            lines.append(f"{' ' * _COMMAND_INDENT if lines else prefix}{words}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _with_values(words: Sequence[str]) -> Iterator[str]:
    """Give the words of a command, but an option and what follows it together."""
    option = ""
    for word in words:
        if option and not word.startswith("-"):
            yield f"{option} {word}"
            option = ""
            continue
        if option:
            yield option
        option = word if word.startswith("--") else ""
        if not option:
            yield word
    if option:
        yield option


@contextlib.contextmanager
def _nobody_types() -> Iterator[None]:
    """Let whoever asks a question find that nobody is there, instead of waiting for the terminal."""
    standard_input = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    try:
        yield
    finally:
        sys.stdin = standard_input


def _problem(expected: Expected, code: int, printed: str) -> str:
    missing = [text for text in expected.texts if text not in printed]
    if code != expected.code:
        return f"expected exit code {expected.code}, found {code}"
    return f"expected {missing[0]!r} in what was printed" if missing else ""
