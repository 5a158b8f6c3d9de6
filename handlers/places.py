"""Places in the queue for the cards that show them."""

import time
from collections.abc import Callable

from storage import jobs
from storage.database import Transaction
from storage.records import Job

LONG_SECONDS = 0.005  # such a count is dear: on two cores with more than a thousand in line
REST = 19.0  # a dear count stands for so many times as long as it took


class Places:
    """Counts the line for each card anew, so that each shows its place as it is.

    With thousands in line that would be most of the work, as every new card counts them all: then a count stands for a
    moment, a second or so.
    """

    def __init__(self, *, steady: Callable[[], float] = time.perf_counter) -> None:
        self._steady = steady
        self._counted: dict[str, int] = {}
        self._good_until = 0.0

    def of(self, tx: Transaction, queued: Job) -> int:
        """1 for the job that is started next; behind all for one not in line. Who came since is counted anew."""
        began = self._steady()
        if began >= self._good_until:
            self._counted = jobs.places_in_queue(tx, kind=queued.kind)
            took = self._steady() - began
            self._good_until = self._steady() + (took * REST if took > LONG_SECONDS else 0.0)
        return self._counted.get(queued.id) or jobs.place_in_queue(tx, queued)
