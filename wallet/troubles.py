"""What to say when something went wrong: what happened, whether anything left, what to do next.

Not here: the failures themselves, which say in their message what was expected and what came.
"""

from __future__ import annotations

from collections.abc import Sequence

from vclib import errors
from vclib.errors import VCError
from wallet.reading import shown
from wallet.words import Words

# The first class that fits decides, so narrower classes stand before wider ones.
_ADVICE: Sequence[tuple[type[VCError], str]] = (
    (errors.FetchRefusedError, "Ask whoever gave you the link for another one."),
    (errors.FetchError, "Look whether this computer is connected and try again, or ask for a new link."),
    (errors.SealingError, "Look whether the passphrase is the one of this file."),
    (
        errors.StoreError,
        "Look at the disk and the file, then try again. What was saved before is still there.",
    ),
    (errors.HolderBindingError, "It belongs to the wallet that has this key: use that one."),
    (errors.ConfigurationError, "Change what was chosen, then try again."),
    (errors.ProofVerificationError, "Do not use it. Ask the issuer for a new one."),
    (errors.MalformedError, "Ask whoever gave it to you for another one."),
)
_USUAL = "Go back and try again; if it stays like this, tell whoever gave you the link."


def trouble_lines(error: VCError, words: Words, *, left: bool | None) -> list[tuple[str, str]]:
    """Return (heading, sentence) three times; `left` None: it is not known whether anything arrived."""
    if left is None:
        gone = words("It may have arrived: what you saw was signed and sent, and no good answer came.")
    elif left:
        gone = words("Yes, what you saw was sent.")
    else:
        gone = words("No, nothing.")
    advice = next((advice for kind, advice in _ADVICE if isinstance(error, kind)), _USUAL)
    return [
        (words("What happened"), shown(words.told(error.message))),
        (words("Did anything leave the wallet?"), gone),
        (words("What now?"), words(advice)),
    ]
