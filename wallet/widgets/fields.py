"""Fields that one fills in one after the other."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.widgets import Input


def focus_next(form: DOMNode, field: Input) -> bool:
    """Go to the field after this one; says whether there is one."""
    fields = list(form.query(Input))
    after = fields[fields.index(field) + 1 :]
    if after:
        after[0].focus()
    return bool(after)
