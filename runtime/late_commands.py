"""Commands whose modules are imported when they are asked for, so that the others start without them.

A program names them in one table: module, the name of its group or None, and its commands. Help about the
whole program imports them all.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup


@dataclass(frozen=True)
class Late:
    """A module with a Typer application `app`: its `commands`, or itself as the one group `name`."""

    module: str
    commands: tuple[str, ...] = ()
    name: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What it adds to the program's commands."""
        return self.commands if self.name is None else (self.name,)


class LateGroup(TyperGroup):
    """The commands of a program, its own and those that come late; see `late_group`."""

    late: ClassVar[Sequence[Late]] = ()

    # Any: the types of the command-line parser are typer's own, and private.
    def list_commands(self, ctx: Any) -> list[str]:
        """Return all names, in the order in which help shows them."""
        for each in self.late:
            self._load(each)
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, None if there is none of that name."""
        for each in self.late:
            if cmd_name in each.names:
                self._load(each)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first argument names; a wrong name is compared with all there are."""
        if args and self.get_command(ctx, args[0]) is None:
            self.list_commands(ctx)
        return super().resolve_command(ctx, args)

    def _load(self, each: Late) -> None:
        if self.commands.keys() >= {*each.names}:
            return
        group = typer.main.get_group(importlib.import_module(each.module).app)
        if each.name is None:
            self.commands.update(group.commands)
        else:
            group.name = each.name
            self.commands[each.name] = group


def late_group(*late: Late) -> type[LateGroup]:
    """Return the class of a program's Typer application: `typer.Typer(cls=late_group(...))`."""
    return type("ProgramGroup", (LateGroup,), {"late": late})
