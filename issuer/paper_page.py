"""The page of a paper certificate: what it says in English and French, under its code.

Not here: the code (`issuer.paper`), and drawing in general (`runtime.paper`).
"""

from __future__ import annotations

from health.formats import Certificate
from runtime.paper import Page, draw_page, missing_glyphs
from runtime.qr import QRCode


def draw_certificate(certificate: Certificate, code: QRCode, *, issuer: str) -> tuple[bytes, str]:
    """Return the page (PDF), and the characters on it that the font cannot draw."""
    page = _page(certificate, issuer)
    return draw_page(code, page), missing_glyphs([value for _, value in page.rows])


def _page(certificate: Certificate, issuer: str) -> Page:
    pairs = zip(certificate.claims_in("en"), certificate.claims_in("fr"), strict=True)
    rows = [
        (_both(english.label, french.label), _both(english.display, french.display))
        for english, french in pairs
    ]
    until = certificate.valid_until
    notes = [
        f"Issued by {issuer}. The code above holds what stands here, signed; only the code proves it.",
        f"Émis par {issuer}. Seul le code ci-dessus, signé, fait foi.",
    ]
    if until is not None:
        notes.append(
            f"The signature is good until {until:%Y-%m-%d}. / Signature valable jusqu'au {until:%Y-%m-%d}."
        )
    return Page("Health certificate", "Certificat de santé", rows, notes)


def _both(english: str, french: str) -> str:
    return english if english == french else f"{english} / {french}"
