"""The screens of the wallet: one file for each."""
