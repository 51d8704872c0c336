"""Alembic scripts that bring an older issuer's database to the tables of this program, in one line."""
