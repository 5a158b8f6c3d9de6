"""People's own settings. Every function's first argument is a transaction."""

from typing import Any

from sqlalchemy import bindparam, select

from storage.database import Transaction, upsert
from storage.records import DmWhen, Preference
from storage.rows import preference_of
from storage.tables import preferences

_FIND = select(preferences).where(  # made once, for making a statement costs more than running it
    preferences.c.workspace_id == bindparam("workspace"), preferences.c.user_id == bindparam("user")
)


def preference(tx: Transaction, workspace_id: str, user_id: str) -> Preference:
    """A person's settings; the defaults when they have set nothing."""
    row = tx.execute(_FIND, {"workspace": workspace_id, "user": user_id}).mappings().one_or_none()
    return preference_of(row) if row else Preference(workspace_id=workspace_id, user_id=user_id)


def set_preference(tx: Transaction, workspace_id: str, user_id: str, **changes: Any) -> Preference:
    """Changes some of a person's settings and returns them all."""
    row = {"workspace_id": workspace_id, "user_id": user_id, "dm": DmWhen.ALWAYS.value, **changes}
    done = tx.execute(
        upsert(preferences)
        .values(row)
        .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=changes)
        .returning(preferences)
    )
    return preference_of(done.mappings().one())
