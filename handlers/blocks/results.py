"""How a job ended, said in its thread, and to those who wait for it elsewhere."""

from handlers.blocks.cards import lasting_link, retry_label, shown_title
from handlers.blocks.elements import Block, actions, button, context, quote, section
from handlers.blocks.ids import Action
from handlers.blocks.messages import Message, notice
from handlers.blocks.phases import PAUSES
from handlers.blocks.price import length
from handlers.errors import Trouble, own_words, trouble
from handlers.refusals import SLACK, slack_refusal, slack_trouble
from handlers.text import escape, link, shown
from storage.records import OPEN_STATES, Job, JobState

LINK_LIMIT = 2_500
COMMENT_SHOWN = 300
SILENT_ABOUT = ("internal",)  # codes whose message says nothing to people


def result(job: Job) -> Message:
    """The video is there: as a file in the thread, or at HeyGen with the reason why not here."""
    lead = f"<@{job.requester_id}> your video is ready: {_titled(job)}"
    if job.file_id is not None:
        file = lasting_link(job.file_permalink, "open the file")
        where = f"  ·  {file}" if file else ""
        blocks = [
            section(lead + where),
            actions(_change(job)),
            context("Or reply here with what should be different: that makes the next version."),
        ]
        return Message(lead, blocks)
    page = lasting_link(job.page_url, "HeyGen shows it here.") or ""
    why = f"It is not here as a file: {escape(slack_trouble(job.file_trouble))}" if job.file_trouble else ""
    blocks = [
        section(lead),
        *([context(f"{why} {page}".strip())] if why or page else []),
        actions(button("Get link", Action.GET_LINK, job.id, style="primary"), _change(job)),
        context("Links to videos run out, so *Get link* fetches a fresh one, for you alone."),
    ]
    return Message(f"{lead} {why}".strip(), blocks)


def failure(job: Job, *, in_doubt: bool = False) -> Message:
    """Why it failed, what to do next, whether it was charged. In doubt: an earlier call of the job never had an end."""
    said = trouble(job.failure_code, job.failure_message)
    what = "your audio" if job.kind == "speech" else f"v{job.version} of your video"
    lead = f"<@{job.requester_id}> {what} could not be made. {escape(said.what)}"
    blocks = [
        section(lead),
        *_own_words(job, said),
        section(escape(said.next_step)),
        context(charged(said, in_doubt=in_doubt)),
    ]
    if said.retry:
        blocks.append(actions(button(retry_label(job), Action.RETRY, job.id)))
    return Message(f"{lead} {escape(said.next_step)}", blocks)


def closing(job: Job) -> Message:
    """The one line after a stop."""
    who = f" by <@{job.cancel_asked_by}>" if job.cancel_asked_by else ""
    if job.callback_id is None:  # given only when the call to HeyGen is prepared
        return notice(f"Stopped{who}. HeyGen had not been asked yet, so nothing was charged.")
    if job.kind == "speech":
        return notice(f"Stopped{who}. HeyGen may have made and charged the audio already.")
    return notice(f"Stopped{who}. If HeyGen finishes the video anyway, a button on the card brings it here.")


def undelivered(job: Job, *, code: str) -> Message:
    """Audio that was made but did not reach Slack. There is no other way to try again than to ask again."""
    what, next_step = slack_refusal(code)
    next_step = next_step.replace("Try again", "Ask again with `/speak`")
    return notice(
        f"<@{job.requester_id}> the audio was made, but it is not here: {escape(what)} {escape(next_step)}",
        context("It was charged. Asking again with `/speak` makes and charges it anew."),
    )


def fresh_link(job: Job, *, url: str) -> Message:
    """For the one who clicked Get link. Never to be posted for all: whoever has the link has the video."""
    if len(link(url, "")) > LINK_LIMIT:
        return no_link(job, message="The link is too long for Slack.")
    return notice(
        f"{_titled(job)}: {link(url, 'open or save the video')}",
        context("The link runs out after a while; the button gives a new one."),
    )


def no_link(job: Job, *, code: str | None = None, message: str | None = None) -> Message:
    """Get link did not get one."""
    said = escape(trouble(code, message).what if code else own_words(message))
    page = lasting_link(job.page_url, "HeyGen shows it here.") or "Try again in a minute."
    return notice(" ".join(part for part in ("There is no link just now.", said, page) if part))


def done(job: Job, *, thread_link: str) -> Message:
    """The direct message about a finished video."""
    return notice(
        f"Your video is ready: {_titled(job)}  ·  {link(thread_link, 'open the thread')} in <#{job.channel_id}>",
        context("`/heygen settings dm away` or `never` if you want fewer of these."),
    )


def instead(job: Job, *, in_doubt: bool = False) -> Message:
    """For the requester directly, where their thread cannot be reached: what became of what they asked for."""
    if job.failure_code is not None:
        said = trouble(job.failure_code, job.failure_message)
        lead = f"What you asked for could not be made. {escape(said.what)}"
        tail = [section(escape(said.next_step)), context(charged(said, in_doubt=in_doubt))]
        if said.retry:
            tail.append(actions(button(retry_label(job), Action.RETRY, job.id)))
    else:
        lead = f"I could not reply in your thread. {_standing(job)}"
        tail = _ways_on(job)
    return Message(lead, [section(lead), quote(job.brief.prompt, COMMENT_SHOWN), *tail])


def account_pause(*, code: str) -> Message:
    """For the admins, once: nothing new is started until they mend this."""
    why = PAUSES.get(code.casefold(), "cannot be used just now")
    return notice(
        f"The HeyGen account {why}, so the queue waits. {escape(_cure(code))}",
        context("Nothing is lost: it is tried every minute, and once that is mended the queue goes on by itself."),
    )


def video_comment(job: Job) -> str:
    """What stands with the video's file."""
    return _titled(job)


def audio_comment(job: Job) -> str:
    """What stands with an audio file, which is its whole result."""
    voice = f" with the voice {shown(job.brief.voice, 60)}" if job.brief.voice else ""
    return f"<@{job.requester_id}> asked for this{voice}: “{shown(job.brief.prompt, COMMENT_SHOWN)}”"


def storyboard_comment(job: Job, *, scenes: int) -> str:
    """What stands with the pictures of a storyboard."""
    return f"The storyboard of v{job.version}: {scenes} picture{'s' if scenes != 1 else ''}"


def _titled(job: Job) -> str:
    parts = [f"v{job.version}", length(job.duration_seconds) if job.duration_seconds else None]
    return f"*{shown(shown_title(job), 150)}* ({', '.join(part for part in parts if part)})"


def _change(job: Job) -> Block:
    return button("Change…", Action.CHANGE, job.id)


def _own_words(job: Job, said: Trouble) -> list[Block]:
    """HeyGen's own words, where ours do not hold them already."""
    code = (job.failure_code or "").casefold()
    words = own_words(job.failure_message)
    if not words or code in SILENT_ABOUT or code.startswith(SLACK) or words in said.what:
        return []
    return [context(f"HeyGen says: {escape(words)}")]


def charged(said: Trouble, *, in_doubt: bool) -> str:
    """Whether a failure costs anything. In doubt: HeyGen may have taken an earlier call, which was given up."""
    if said.is_free and not in_doubt:
        return "It was not charged."
    return "Whether it was charged is not known; `/heygen credits` shows the balance."


def _standing(job: Job) -> str:
    match job.state:
        case JobState.COMPLETED:
            return "It is finished."
        case JobState.CANCELLED:
            return "It was stopped."
        case JobState.WAITING_FOR_INPUT | JobState.UNCONFIRMED | JobState.QUEUED:
            return "Something is asked there that I cannot show you. Stop it here, then ask again elsewhere."
        case _:
            return "HeyGen goes on with it."


def _ways_on(job: Job) -> list[Block]:
    if job.state is JobState.COMPLETED:
        return [actions(button("Get link", Action.GET_LINK, job.id))]
    return [actions(button("Stop", Action.STOP, job.id, style="danger"))] if job.state in OPEN_STATES else []


def _cure(code: str) -> str:
    match code.casefold():
        case "insufficient_credit" | "quota_exceeded":
            return "Top it up, or switch on automatic reload, in HeyGen's billing settings."
        case "unauthorized" | "authentication_failed":
            return "Start the app again with a valid HEYGEN_API_KEY; `heygen-slack check` tries it."
        case "trial_limit_exceeded" | "plan_upgrade_required":
            return "Change the plan in HeyGen's billing settings."
        case _:
            return "`heygen-slack check` says more."
