"""Rows: what the program remembers. Every function but `database.open_database` takes a transaction first."""
