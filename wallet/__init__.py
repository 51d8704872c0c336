"""The wallet: keeps credentials, and presents what its holder chooses of them."""
