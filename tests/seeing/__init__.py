"""What the program shows of itself."""
