"""`python -m ddcc`: the same as the command `ddcc`."""

from ddcc.cli import main

main()
