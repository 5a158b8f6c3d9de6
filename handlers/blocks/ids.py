"""The ids that tie what people click to the listener that hears it. A button's value is the id of a job or question."""

import re
from enum import StrEnum


class Action(StrEnum):
    """Elements that can be clicked or filled; beside each what its value is."""

    STOP = "stop"  # job
    RETRY = "retry"  # job
    APPROVE = "approve"  # question
    CHANGE = "change"  # job
    GET_LINK = "get_link"  # job
    BRING_BACK = "bring_back"  # job
    OPEN_IN_DM = "open_in_dm"  # job
    PICK_VOICE = "pick_voice"  # the chosen voice; the job is in the block's id
    PROMPT = "prompt"
    AVATAR_PICKER = "avatar_picker"
    VOICE_PICKER = "voice_picker"
    STYLE_PICKER = "style_picker"
    ORIENTATION = "orientation"
    REVIEW = "review"
    WORDS = "words"


class Block(StrEnum):
    """The input blocks of the modals, which errors and state are named by."""

    PROMPT = "prompt"
    AVATAR = "avatar"
    VOICE = "voice"
    STYLE = "style"
    ORIENTATION = "orientation"
    REVIEW = "review"
    WORDS = "words"


class Callback(StrEnum):
    """Modals."""

    NEW_VIDEO = "new_video"
    CHANGE_VIDEO = "change_video"


ANSWER_PATTERN = re.compile(r"^answer:\d+$")  # value: question and option
NUMBER = re.compile(r"^[0-9]{1,3}$")
ANY = re.compile(r".*")
VOICE_FOR = "voice_for:"  # begins the id of the block whose picker chooses the voice of a job


def answer_id(number: int) -> str:
    """The action of the button for a question's option; buttons of one message need different ids."""
    return f"answer:{number}"


def answer_value(question_id: str, number: int) -> str:
    """What the button for the option carries."""
    return f"{question_id}:{number}"


def read_answer(value: str) -> tuple[str, int]:
    """The question and the number of the option that a button carries; -1 when it carries none."""
    question_id, _, number = value.rpartition(":")
    return question_id, int(number) if NUMBER.match(number) else -1


def voice_block(job_id: str) -> str:
    """The block that holds the voice picker of a job."""
    return f"{VOICE_FOR}{job_id}"


def read_voice_block(block_id: str) -> str:
    """The job whose voice the picker in a block chooses."""
    return block_id.removeprefix(VOICE_FOR)
