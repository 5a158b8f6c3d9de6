"""The transition table of a job, and nothing else. A test compares it with the diagram in docs/how-it-works.md."""

from storage.records import OPEN_STATES, JobState

MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUBMITTING: frozenset(
        {JobState.GENERATING, JobState.UNCONFIRMED, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.UNCONFIRMED: frozenset({JobState.GENERATING, JobState.QUEUED, JobState.FAILED, JobState.CANCELLED}),
    JobState.GENERATING: frozenset(
        {JobState.WAITING_FOR_INPUT, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.WAITING_FOR_INPUT: frozenset(
        {JobState.GENERATING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}


def sources(target: JobState) -> frozenset[JobState]:
    """The states a job may be in to be moved to `target`."""
    return frozenset(state for state, targets in MOVES.items() if target in targets)


def is_open(state: JobState) -> bool:
    """Whether the job may still move."""
    return state in OPEN_STATES
