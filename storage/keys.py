"""The keys of effects that are named in more than one place: where one is recorded, and where it is asked after."""

EDIT = "edit:"  # and the thread's id; a query joins on it


def enter(thread_id: str) -> str:
    """The way into the thread's channel."""
    return f"enter:{thread_id}"


def card(thread_id: str) -> str:
    """The post of the thread's card."""
    return f"card:{thread_id}"


def edit(thread_id: str) -> str:
    """The change of the thread's card: one effect, however often it is wished for."""
    return f"{EDIT}{thread_id}"


def question(question_id: str) -> str:
    """The post that asks the question."""
    return f"question:{question_id}"


def asset(job_id: str, file_id: str) -> str:
    """A file of the job's on its way to HeyGen."""
    return f"asset:{job_id}:{file_id}"


def upload(job_id: str) -> str:
    """The job's own files on their way into the thread."""
    return f"upload:{job_id}"


def result(job_id: str) -> str:
    """The reply that says the job's video is there."""
    return f"result:{job_id}"


def tell(what_for: str) -> str:
    """Finished words to one person, in answer to something that has this name."""
    return f"tell:{what_for}"
