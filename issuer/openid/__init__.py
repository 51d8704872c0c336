"""Issuing over OpenID4VCI: offers, what comes of them, and the routes at which wallets ask.

`routes` translates HTTP, `offering` and `issuance` decide, `offers` remembers in `tables`. Credentials are
minted by `issuer.service`. Not here: the messages (`protocols.oid4vci`).
"""
