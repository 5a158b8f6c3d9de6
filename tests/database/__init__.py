"""Rows, transactions and what the schema forbids."""
