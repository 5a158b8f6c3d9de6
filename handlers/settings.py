"""/heygen settings: each person their own."""

from typing import Any

from bot.heygen.catalog import Ambiguous, Match
from handlers import parse
from handlers.blocks import answers, messages
from handlers.collaborators import Collaborators
from handlers.errors import trouble
from handlers.naming import Naming
from handlers.parse import ParseError
from storage import preferences


class Settings:
    """Shows and changes one person's settings."""

    def __init__(self, with_: Collaborators, naming: Naming) -> None:
        self._with = with_
        self._naming = naming

    async def change(self, command: dict[str, Any], text: str) -> messages.Message:
        """Does what `settings …` says and shows how things are."""
        workspace_id, user_id = command["team_id"], command["user_id"]
        try:
            wish = parse.settings(text)
        except ParseError as error:
            return messages.wrong(str(error))
        if wish is None:
            found = await self._with.database.read(lambda tx: preferences.preference(tx, workspace_id, user_id))
            return answers.settings(preference=found)
        if wish.name is parse.Setting.DM:
            changes: dict[str, Any] = {"dm": wish.value}
        else:
            changes, problem = self._named(wish.name.value, wish.value)
            if problem is not None:
                return problem
        stored = await self._with.database.write(
            lambda tx: preferences.set_preference(tx, workspace_id, user_id, **changes)
        )
        return answers.settings(preference=stored)

    def _named(self, subject: str, name: str | None) -> tuple[dict[str, Any], messages.Message | None]:
        if name is None:
            return {f"{subject}_id": None, f"{subject}_name": None}, None
        if not self._with.catalog.is_warm(subject):
            refusal = self._with.catalog.refusal(subject)
            said = trouble(refusal.code, refusal.message) if refusal is not None else None
            return {}, messages.catalog_is_cold(subject=subject, said=said)
        match self._with.catalog.resolve(subject, name):
            case Match(item=item):
                return {f"{subject}_id": item.id, f"{subject}_name": item.name}, None
            case Ambiguous(items=items):
                return {}, messages.ambiguous_name(subject=subject, wanted=name, near=items)
            case missed:
                return {}, messages.unknown_name(subject=subject, wanted=name, near=missed.suggestions)
