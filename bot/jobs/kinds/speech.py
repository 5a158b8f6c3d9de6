"""Text to speech: one call, answered at once; its link is all there is, and a lost answer cannot be read back."""

from collections.abc import Callable

from bot.heygen.client import HeyGenClient
from bot.jobs.kinds.result import ResultFile
from bot.jobs.outcomes import Done, Outcome, Unknown
from bot.jobs.sight import Sight
from storage.records import Effect, Job, Thread

READ_BACK_SECONDS = 24 * 3600.0  # nothing will come of it; the person decides


class Speech:
    """Speech by HeyGen's Starfish voices."""

    bulk = None

    def __init__(self, client: HeyGenClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock

    async def submit(self, job: Job, thread: Thread, tried: Effect) -> Outcome:
        """Makes the audio."""
        brief = job.brief
        speech = await self._client.speech(
            brief.prompt, brief.voice_id or "", speed=brief.speed, language=brief.language
        )
        return Done({"audio_url": speech.audio_url, "duration": speech.duration})

    async def read_back(self, job: Job, thread: Thread, tried: Effect) -> Outcome:
        """HeyGen keeps no list of speech: the person is asked."""
        return Unknown(at=self._clock() + READ_BACK_SECONDS, reason="speech_unconfirmed", ask=True)

    async def observe(self, job: Job) -> Sight:
        """Never watched: the submit brings the result."""
        return Sight()

    async def results(self, job: Job, submitted: Effect | None) -> list[ResultFile]:
        """The audio file, while its link lives."""
        url = submitted.evidence.get("audio_url") if submitted else None
        if not url:
            return []
        ending = "wav" if ".wav" in url else "mp3"
        return [ResultFile(name=f"speech.{ending}", title=job.brief.prompt[:60], url=url)]
