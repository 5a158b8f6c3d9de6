"""The engine under Hypothesis: a world that does anything, and a ledger of what must never be."""
