"""The voices, looks and styles this server offers. Names repeat on purpose: two voices are called Daniel."""

import hashlib
from dataclasses import dataclass

PUBLIC_VOICES = (
    ("Annabelle", "English", "female"), ("Annie", "English", "female"), ("Daniel", "English", "male"),
    ("Daniel", "German", "male"), ("Oliver", "English", "male"), ("Priya", "English", "female"),
    ("Marcus", "English", "male"), ("Sophie", "French", "female"), ("Luc", "French", "male"),
    ("Helga", "German", "female"), ("Jonas", "German", "male"), ("Lucia", "Spanish", "female"),
    ("Mateo", "Spanish", "male"), ("Giulia", "Italian", "female"), ("Paolo", "Italian", "male"),
    ("Yuki", "Japanese", "female"), ("Haruto", "Japanese", "male"), ("Mei", "Chinese", "female"),
    ("Wei", "Chinese", "male"), ("Beatriz", "Portuguese", "female"), ("Tiago", "Portuguese", "male"),
    ("Ingrid", "Swedish", "female"), ("Lars", "Swedish", "male"), ("Kasia", "Polish", "female"),
    ("Piotr", "Polish", "male"), ("Amara", "English", "female"), ("Theo", "English", "male"),
    ("Noor", "Arabic", "female"), ("Karim", "Arabic", "male"), ("Ji-woo", "Korean", "female"),
)  # fmt: skip
PRIVATE_VOICES = (("Mara's own voice", "English", "female"), ("Founder", "English", "male"))
WITHOUT_STARFISH = ("Karim",)  # cannot speak text of its own
WITHOUT_PREVIEW = ("Piotr",)
BARE_PREVIEW = ("Kasia",)  # its preview is a bucket address nobody can open

PEOPLE = (
    ("Annie", "female"), ("Annabelle", "female"), ("Bruno", "male"), ("Chloe", "female"), ("Darius", "male"),
    ("Elena", "female"), ("Felix", "male"), ("Grace", "female"), ("Hiro", "male"), ("Imani", "female"),
    ("Jasper", "male"), ("Kenji", "male"), ("Leila", "female"), ("Mara", "female"), ("Nadia", "female"),
    ("Omar", "male"), ("Petra", "female"), ("Quentin", "male"), ("Rosa", "female"), ("Silas", "male"),
)  # fmt: skip
PRIVATE_PEOPLE = ("Mara", "Silas")
OUTFITS = ("in a blazer", "at the desk", "outdoors", "in the studio", "in a sweater", "on stage", "by the window")

STYLES = (
    ("Deep Focus", "16:9", "cinematic"), ("Golden Hour", "16:9", "cinematic"), ("Noir Alley", "16:9", "cinematic"),
    ("Pixel Parade", "16:9", "retro-tech"), ("Green Terminal", "16:9", "retro-tech"),
    ("Tape Deck", "4:3", "retro-tech"),
    ("Blue Period", "1:1", "iconic-artist"), ("Water Lilies", "16:9", "iconic-artist"),
    ("Street Pop", "16:9", "pop-culture"), ("Phone Story", "9:16", "pop-culture"), ("Paper Cut", "16:9", "handmade"),
    ("Clay Days", "16:9", "handmade"), ("Felt Theatre", "16:9", "handmade"), ("Front Page", "16:9", "print"),
    ("Screen Print", "1:1", "print"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Voice:
    voice_id: str
    name: str
    language: str
    gender: str
    type: str

    @property
    def speaks_text(self) -> bool:
        return self.name not in WITHOUT_STARFISH


@dataclass(frozen=True, kw_only=True)
class Look:
    id: str
    name: str
    group_id: str
    gender: str
    avatar_type: str
    ownership: str
    orientation: str
    default_voice_id: str


@dataclass(frozen=True, kw_only=True)
class Group:
    id: str
    name: str
    gender: str
    ownership: str
    looks_count: int
    default_voice_id: str


@dataclass(frozen=True, kw_only=True)
class Style:
    style_id: str
    name: str
    aspect_ratio: str
    tag: str

    @property
    def orientation(self) -> str | None:
        """The only one it can be made in, if it is bound to one."""
        return "portrait" if self.aspect_ratio == "9:16" else None


def make_voices() -> dict[str, Voice]:
    voices = [_voice(*one, "public") for one in PUBLIC_VOICES] + [_voice(*one, "private") for one in PRIVATE_VOICES]
    return {voice.voice_id: voice for voice in voices}


def make_styles() -> dict[str, Style]:
    styles = [Style(style_id=_id("style", name), name=name, aspect_ratio=ratio, tag=tag) for name, ratio, tag in STYLES]
    return {style.style_id: style for style in styles}


def make_looks(count: int) -> dict[str, Look]:
    """Each person in their plain look first, then in one outfit after another."""
    looks = [_look(number) for number in range(count)]
    return {look.id: look for look in looks}


def make_groups(looks: dict[str, Look]) -> list[Group]:
    counts: dict[str, int] = {}
    for look in looks.values():
        counts[look.group_id] = counts.get(look.group_id, 0) + 1
    groups = [_group(name, gender, counts.get(_id("group", name), 0)) for name, gender in PEOPLE]
    return [group for group in groups if group.looks_count]


def _voice(name: str, language: str, gender: str, kind: str) -> Voice:
    return Voice(voice_id=_id("voice", name, language), name=name, language=language, gender=gender, type=kind)


def _look(number: int) -> Look:
    person, gender = PEOPLE[number % len(PEOPLE)]
    outfit = number // len(PEOPLE)
    private = person in PRIVATE_PEOPLE
    return Look(
        id=_id("look", person, str(outfit)),
        name=_look_name(person, outfit),
        group_id=_id("group", person),
        gender=gender,
        avatar_type=("digital_twin" if private else ("studio_avatar", "photo_avatar")[number % 2]),
        ownership="private" if private else "public",
        orientation="portrait" if number % 7 == 3 else "landscape",
        default_voice_id=_default_voice(gender),
    )


def _look_name(person: str, outfit: int) -> str:
    if outfit == 0:
        return person
    wears = OUTFITS[(outfit - 1) % len(OUTFITS)]
    again = (outfit - 1) // len(OUTFITS)
    return f"{person} {wears}" + (f" {again + 1}" if again else "")


def _group(name: str, gender: str, count: int) -> Group:
    ownership = "private" if name in PRIVATE_PEOPLE else "public"
    voice = _default_voice(gender)
    return Group(
        id=_id("group", name), name=name, gender=gender, ownership=ownership, looks_count=count, default_voice_id=voice
    )


def _default_voice(gender: str) -> str:
    return _id("voice", "Annabelle" if gender == "female" else "Oliver", "English")


def _id(*parts: str) -> str:
    """Ids look like HeyGen's and are the same at every start."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]
