"""One script for each revision, named by its number."""
