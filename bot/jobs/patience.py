"""How long to wait before what failed is tried again. Pure."""

DOUBLINGS = 10  # more would outgrow any longest wait, and in the end a float


def wait_after(tries: int, *, first: float, longest: float) -> float:
    """Seconds: after the first try `first`, then twice as long after each, and never longer than `longest`."""
    wait: float = first * 2 ** min(max(tries - 1, 0), DOUBLINGS)
    return min(wait, longest)
