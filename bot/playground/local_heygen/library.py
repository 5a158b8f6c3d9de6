"""The endpoints of voices, speech, avatars, looks and styles."""

from aiohttp import web

from bot.playground.local_heygen.answers import Answers, Json
from bot.playground.local_heygen.body import SPEECH, read_body
from bot.playground.local_heygen.errors import ApiError, invalid
from bot.playground.local_heygen.files import Files
from bot.playground.local_heygen.paging import choice, page_of
from bot.playground.local_heygen.speech import length, spoken_words
from bot.playground.local_heygen.studio import Studio
from bot.playground.local_heygen.world import SPEECH_USD_PER_SECOND, World

OWNERSHIPS = ("public", "private")
AVATAR_TYPES = ("studio_avatar", "digital_twin", "photo_avatar")


class Library:
    def __init__(self, world: World, files: Files, studio: Studio, answers: Answers) -> None:
        self._world = world
        self._files = files
        self._studio = studio
        self._answers = answers

    async def voices(self, request: web.Request) -> Json:
        kind = choice(request, "type", OWNERSHIPS) or "public"
        engine, language, gender = (request.query.get(name) for name in ("engine", "language", "gender"))
        found = [
            voice
            for voice in self._world.voices.values()
            if voice.type == kind
            and (engine is None or (engine == "starfish" and voice.speaks_text))
            and (language is None or voice.language.casefold() == language.casefold())
            and (gender is None or voice.gender == gender)
        ]
        page, cursor = page_of(request, found, most=100)
        return {"data": [self._answers.voice(voice) for voice in page], **cursor}

    async def voice(self, request: web.Request) -> Json:
        return {"data": self._answers.voice_detail(self._world.voice(request.match_info["voice_id"]))}

    async def speech(self, request: web.Request) -> Json:
        asked = await read_body(request, SPEECH)
        voice = self._world.voice(asked["voice_id"])
        if not voice.speaks_text:
            raise invalid("This voice does not support the starfish engine", "voice_id")
        if self._world.settings.wallet <= 0:
            raise ApiError(402, "insufficient_credit", "The wallet is empty; top it up to go on")
        words = spoken_words(asked["text"], speed=asked["speed"] or 1.0)
        if not words:
            raise ApiError(400, "tts_text_invalid", "There is nothing to say in this text", param="text")
        seconds = round(length(words), 3)
        file_id = self._world.new_id()
        await self._studio.voice(file_id, words, seconds).read()
        self._world.charge(seconds * SPEECH_USD_PER_SECOND)
        stamps = [{"word": one.word, "start": one.start, "end": one.end} for one in words]
        link = self._files.link(file_id)
        request_id = self._world.new_id()
        return {"data": {"audio_url": link, "duration": seconds, "request_id": request_id, "word_timestamps": stamps}}

    async def avatars(self, request: web.Request) -> Json:
        ownership = choice(request, "ownership", OWNERSHIPS)
        found = [group for group in self._world.groups if ownership in (None, group.ownership)]
        page, cursor = page_of(request, found, most=50)
        return {"data": [self._answers.group(group) for group in page], **cursor}

    async def looks(self, request: web.Request) -> Json:
        ownership = choice(request, "ownership", OWNERSHIPS)
        avatar_type = choice(request, "avatar_type", AVATAR_TYPES)
        group_id = request.query.get("group_id")
        found = [
            look
            for look in self._world.looks.values()
            if ownership in (None, look.ownership)
            and avatar_type in (None, look.avatar_type)
            and group_id in (None, look.group_id)
        ]
        page, cursor = page_of(request, found, most=50)
        return {"data": [self._answers.look(look) for look in page], **cursor}

    async def look(self, request: web.Request) -> Json:
        return {"data": self._answers.look(self._world.look(request.match_info["look_id"]))}

    async def styles(self, request: web.Request) -> Json:
        tag = request.query.get("tag")
        found = [style for style in self._world.styles.values() if tag in (None, style.tag)]
        page, cursor = page_of(request, found, most=100)
        return {"data": [self._answers.style(style) for style in page], **cursor}
