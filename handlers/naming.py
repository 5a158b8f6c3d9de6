"""Names in flags become ids at once when the catalogue is warm; a cold one is asked as the job's first step."""

from bot.heygen.catalog import Ambiguous, Catalog, Match, list_of
from bot.jobs.engine.asking import unresolved
from bot.jobs.engine.talking import named
from handlers.blocks import messages
from storage.records import Brief


class Naming:
    """Resolves avatars, voices and styles by name or id."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def resolve(self, brief: Brief, *, kind: str) -> tuple[Brief, messages.Message | None]:
        """The brief with ids where they are known, or the words about a name that fits nothing or several things."""
        for subject in unresolved(brief):
            listed = list_of(subject, speech=kind == "speech")
            if not self._catalog.is_warm(listed):
                continue
            wanted = str(getattr(brief, subject))
            match self._catalog.resolve(listed, wanted):
                case Match(item=item):
                    brief = named(brief, subject, item.name, item.id)
                case Ambiguous(items=items):
                    return brief, messages.ambiguous_name(subject=subject, wanted=wanted, near=items)
                case missed:
                    return brief, messages.unknown_name(
                        subject=subject, wanted=wanted, near=missed.suggestions, speech=kind == "speech"
                    )
        return brief, None
