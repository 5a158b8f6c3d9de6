"""The people and places of a fresh workspace."""

from bot.playground.local_slack.records import BOT_USER, OTHER_TEAM, Channel, User

ANA, BEN, ADMIN, GUEST, OUTSIDER = "U0ANA", "U0BEN", "U0ADMIN", "U0GUEST", "U0EXT"


def people() -> list[User]:
    return [
        User(BOT_USER, "heygen", "HeyGen", is_bot=True),
        User(ANA, "ana", "Ana"),
        User(BEN, "ben", "Ben"),
        User(ADMIN, "admin", "Ada Admin", is_admin=True),
        User(GUEST, "guest", "Gus Guest", is_restricted=True),
        User(OUTSIDER, "ext", "Eve External", team_id=OTHER_TEAM),
    ]


def places() -> list[Channel]:
    colleagues = {ANA, BEN, ADMIN, GUEST}
    return [
        Channel("C0GENERAL", "general", "public", {*colleagues, OUTSIDER, BOT_USER}),
        Channel("C0OPEN", "open", "public", set(colleagues)),
        Channel("C0PRIVATE", "private", "private", {ANA, BEN, ADMIN}),
        Channel("C0ARCHIVE", "archive", "public", {*colleagues, BOT_USER}, is_archived=True),
        Channel("D0OTHERS", "", "im", {ANA, BEN}),
    ]
