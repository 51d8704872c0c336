"""What widgets and the application tell the screens."""

from __future__ import annotations

from textual.message import Message


class LinkPasted(Message):
    """A link, a credential or the name of a file was pasted, wherever the focus was."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class WalletChanged(Message):
    """Something was written into the wallet while another screen was on top."""
