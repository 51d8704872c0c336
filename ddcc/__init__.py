"""The one command `ddcc`, made of the three programs' own, and the demonstration."""

# Here, because reading it from what is installed takes longer than all else that `ddcc --version` does.
__version__ = "0.1.0"
