"""${message}

Oldest release that works with it: write it into schema_notes.
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Expands the schema."""
    ${upgrades if upgrades else "pass"}
