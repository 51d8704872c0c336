"""Alembic scripts that bring an older verifier's database to the tables of this program, in one line."""
