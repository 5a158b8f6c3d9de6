"""Measures the speeds that are promised, with real processes on this machine. `python -m bench` prints the table."""
