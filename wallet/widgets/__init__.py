"""What the screens are made of: one file for each widget."""
