"""For which countries a signer may sign: its own and its territories, unless the relying party says more.

A paper code may name the country of its issuer (claim 1 of a CBOR Web Token), and so does the certificate of
its signer, or the trust list. The EU's codes have ISO 3166-1 alpha-2 there, with EL and UK beside GR and GB,
WHO's lists alpha-3; organisations write what is no country at all (an authority's name, UNHCR, the pilots'
XL), and some signers have none. Only two countries can contradict each other, so nothing else is compared:
the claim is optional, whoever leaves it out is not asked, and this finds mistakes and keys that left their
country, not forgers. Source: https://github.com/ehn-dcc-development/eu-dcc-hcert-spec section 3.3.4.
Not here: the country in which somebody was vaccinated or tested, which may be another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from health.codes import find_country

ANY_COUNTRY = "any"

# What the EU and its treaties with the United Kingdom write instead of ISO 3166-1.
_SPELLINGS: Mapping[str, str] = MappingProxyType({"EL": "GR", "UK": "GB", "XI": "GB"})
# The institutions of the EU, which is no country and reserved in ISO 3166-1.
_EU = "EU"
# ISO 3166-1 gives these codes of their own; their certificates are signed by the country they belong to.
_TERRITORIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "DK": frozenset({"FO", "GL"}),
        "FI": frozenset({"AX"}),
        "FR": frozenset({"BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"}),
        "GB": frozenset({"GG", "GI", "IM", "JE"}),
        "NL": frozenset({"AW", "BQ", "CW", "SX"}),
        "NO": frozenset({"BV", "SJ"}),
    }
)
_LONGEST = 3


def may_sign_for(country: str, stated: str | None, others: frozenset[str] = frozenset()) -> bool:
    """Say whether a signer of `country` may sign what says that it is of the country `stated`.

    `others` are further countries in the relying party's word, `ANY_COUNTRY` for all of them.
    """
    # No country is longer, and a stranger's text is not to be remembered.
    if stated is None or len(stated) > _LONGEST or len(country) > _LONGEST or ANY_COUNTRY in others:
        return True
    return stated == country or _fits(country, stated, others)


def country_code(text: str) -> str | None:
    """Return the alpha-2 code that is meant, "EU" for the Union, None for what is no country."""
    spelt = text.upper()
    if spelt == _EU:
        return _EU
    found = find_country(_SPELLINGS.get(spelt, spelt))
    return None if found is None else found.alpha2


@lru_cache(maxsize=1024)
def _fits(country: str, stated: str, others: frozenset[str]) -> bool:
    own, meant = country_code(country), country_code(stated)
    if own is None or meant is None:
        return True
    return meant == own or meant in _TERRITORIES.get(own, frozenset()) or meant in others
