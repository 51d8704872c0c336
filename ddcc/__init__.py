"""The command `ddcc`, made of the three programs' own, and the demonstration."""
