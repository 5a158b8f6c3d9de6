"""What may follow what, and what is done outside for it."""
