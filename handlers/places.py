"""Places in the queue for the cards that show them."""

import time
from collections.abc import Callable

from storage import jobs
from storage.database import Transaction
from storage.records import Job, JobState

LONG_SECONDS = 0.005  # such a count is dear: on two cores with more than a thousand in line
REST = 19.0  # a dear count stands for so many times as long as it took


class Places:
    """Counts the line for each card anew, so that each shows its place as it is.

    There is a line once all `places` at HeyGen are taken; before that, who is queued goes on at once. With thousands in
    line counting would be most of the work, as every new card counts them all: then a count stands for a moment, a
    second or so.
    """

    def __init__(self, places: int, *, steady: Callable[[], float] = time.perf_counter) -> None:
        self._places = places
        self._steady = steady
        self._counted: dict[str, int] = {}
        self._good_until = 0.0

    def of(self, tx: Transaction, job: Job) -> int | None:
        """1 for the job that is started next; behind all for one not in line yet; None where there is no line.

        Who came since a count is counted anew.
        """
        if job.state is not JobState.QUEUED or not jobs.is_there_a_line(tx, kind=job.kind, places=self._places):
            return None
        began = self._steady()
        if began >= self._good_until:
            self._counted = jobs.places_in_queue(tx, kind=job.kind)
            took = self._steady() - began
            self._good_until = self._steady() + (took * REST if took > LONG_SECONDS else 0.0)
        return self._counted.get(job.id) or jobs.place_in_queue(tx, job)
