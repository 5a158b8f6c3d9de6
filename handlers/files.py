"""Slack files: read one for HeyGen, and bring HeyGen's into Slack as a stream."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs.calls import FileUnread, OpenedFile
from bot.jobs.engine.talking import FILES_LIMIT
from bot.jobs.outcomes import Outcome, Refused
from handlers.refusals import SLACK
from handlers.trouble import outcome_of
from storage.records import Attachment, Effect

CHUNK_BYTES = 256 * 1024
TRANSFER_TIMEOUT = aiohttp.ClientTimeout(total=1800, connect=10, sock_read=120)
MAX_FILE_BYTES = 100 * 1024 * 1024
ACCEPTED = {
    "image/png": 50 * 1024 * 1024,
    "image/jpeg": 50 * 1024 * 1024,
    "video/mp4": MAX_FILE_BYTES,
    "video/webm": MAX_FILE_BYTES,
    "audio/mpeg": 50 * 1024 * 1024,
    "audio/wav": 50 * 1024 * 1024,
    "application/pdf": 50 * 1024 * 1024,
}
SAME = {"audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav"}  # Slack's other words for what HeyGen takes
NOT_OF_THE_FILE = frozenset({"missing_scope", "no_permission", "slack_unreachable"})


class Unusable(Exception):
    """A file that HeyGen would not take; said before anything is spent."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


def attachments(files: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    """The files of a message, checked for count, type and size. Raises Unusable for the first that will not do."""
    if len(files) > FILES_LIMIT:
        raise Unusable("file_count", str(len(files)))
    return tuple(_checked(file) for file in files)


def _checked(file: dict[str, Any]) -> Attachment:
    name, said = str(file.get("name") or file["id"]), str(file.get("mimetype") or "")
    mimetype = SAME.get(said, said)
    limit = ACCEPTED.get(mimetype)
    if limit is None:
        raise Unusable("file_type", name)
    size = int(file.get("size") or 0)
    if size > limit:
        raise Unusable("file_size", name)
    return Attachment(file_id=str(file["id"]), name=name, mimetype=mimetype, size_bytes=size)


class SlackFiles:
    """Reads Slack files and writes to Slack's upload addresses, never holding a file in memory."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, *, clock: Callable[[], float]) -> None:
        self._client = client
        self._session = session
        self._clock = clock
        self._api_host = urlsplit(client.base_url).hostname or ""

    @asynccontextmanager
    async def open_file(self, file: Attachment, tried: Effect) -> AsyncIterator[OpenedFile]:
        """Streams a Slack file. Raises FileUnread when it was deleted, may not be read, or Slack has trouble."""
        try:
            answer = await self._client.files_info(file=file.file_id)
            found: dict[str, Any] = answer["file"]
            url = str(found.get("url_private_download") or found.get("url_private") or "")
            if not self._is_slacks(url):
                raise FileUnread(Refused("file_gone", "not a Slack address"))
            headers = {"Authorization": f"Bearer {self._client.token}"}
            async with self._session.get(url, headers=headers, allow_redirects=False, timeout=TRANSFER_TIMEOUT) as got:
                if got.status >= 500 or got.status == 429:
                    got.raise_for_status()
                if got.status != 200 or got.content_type == "text/html":  # Slack shows a login page, not an error
                    raise FileUnread(Refused("file_gone", f"status {got.status}"))
                size = got.content_length or int(found.get("size") or file.size_bytes)
                yield OpenedFile(size_bytes=size, mimetype=file.mimetype, chunks=got.content.iter_chunked(CHUNK_BYTES))
        except (TimeoutError, SlackApiError, aiohttp.ClientError) as error:
            raise FileUnread(_told(outcome_of(error, tried, self._clock()))) from error

    def _is_slacks(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return host == self._api_host or host == "slack.com" or host.endswith((".slack.com", ".slack-files.com"))

    async def send(self, upload_url: str, chunks: AsyncIterator[bytes], *, size_bytes: int) -> None:
        """Streams bytes to an address that files.getUploadURLExternal gave. Raises aiohttp.ClientError when refused."""
        headers = {"Content-Length": str(size_bytes), "Content-Type": "application/octet-stream"}
        async with self._session.post(upload_url, data=chunks, headers=headers, timeout=TRANSFER_TIMEOUT) as sent:
            sent.raise_for_status()


def _told(outcome: Outcome) -> Outcome:
    """The outcome in the words of jobs: the file is gone, or Slack does not let us read any."""
    if not isinstance(outcome, Refused):
        return outcome
    if outcome.code in NOT_OF_THE_FILE:
        return Refused(f"{SLACK}{outcome.code}", outcome.message)
    return Refused("file_gone", outcome.code)
