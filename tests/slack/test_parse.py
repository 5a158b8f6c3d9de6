"""What is typed behind a slash command."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import parse
from handlers.parse import Change, ParseError, Setting, SpeakCommand, VideoCommand
from storage.records import Attachment, Brief


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("", VideoCommand(prompt="")),
        ("  A red barn ", VideoCommand(prompt="A red barn")),
        ("A barn --avatar Annie --portrait", VideoCommand(prompt="A barn", avatar="Annie", orientation="portrait")),
        ("--portrait --avatar Annie A barn", VideoCommand(prompt="A barn", avatar="Annie", orientation="portrait")),
        ("A --voice Bea red barn", VideoCommand(prompt="A red barn", voice="Bea")),
        ('x --avatar "Annabelle Smith" y', VideoCommand(prompt="x y", avatar="Annabelle Smith")),
        ("x --avatar “Annabelle Smith”", VideoCommand(prompt="x", avatar="Annabelle Smith")),
        ("x --avatar 'Annie's look'", VideoCommand(prompt="x", avatar="Annie's look")),
        ("x --avatar ‘Annie’s look’", VideoCommand(prompt="x", avatar="Annie’s look")),
        ("x --avatar „Annabelle Smith“", VideoCommand(prompt="x", avatar="Annabelle Smith")),
        ("x --avatar=Annie", VideoCommand(prompt="x", avatar="Annie")),
        ('x --avatar = "Annie Lee"', VideoCommand(prompt="x", avatar="Annie Lee")),
        ("x —avatar Annie —review", VideoCommand(prompt="x", avatar="Annie", review=True)),
        ("x –style Noir", VideoCommand(prompt="x", style="Noir")),
        ("x --AVATAR Annie --Landscape", VideoCommand(prompt="x", avatar="Annie", orientation="landscape")),
        ("x --review\ny", VideoCommand(prompt="x\ny", review=True)),
        ("line one\n\nline two", VideoCommand(prompt="line one\n\nline two")),
        ("5 -- 10 dogs — running —fast, sci-fi", VideoCommand(prompt="5 -- 10 dogs — running —fast, sci-fi")),
        ('explain "--amend" and `--force`', VideoCommand(prompt='explain "--amend" and `--force`')),
        ('Type "git commit --amend", then wave', VideoCommand(prompt='Type "git commit --amend", then wave')),
        ("Show ```ls --all\nrm --portrait``` now", VideoCommand(prompt="Show ```ls --all\nrm --portrait``` now")),
        ("Say “go --review” --review", VideoCommand(prompt="Say “go --review”", review=True)),
        ('--voice "Anna Lee" says "now --portrait"', VideoCommand(prompt='says "now --portrait"', voice="Anna Lee")),
        ('a 5" disk --portrait 6" wide', VideoCommand(prompt='a 5" disk 6" wide', orientation="portrait")),
        ('x --avatar "the --voice one"', VideoCommand(prompt="x", avatar="the --voice one")),
        ("x" * 10_000, VideoCommand(prompt="x" * 10_000)),
    ],
)
def test_a_video_command_is_read_as_meant(typed: str, wish: VideoCommand) -> None:
    """Flags stand anywhere, take a word or a quoted text, and leave the prompt as it was."""
    assert parse.video(typed) == wish


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("x --avtar Annie", "There is no flag --avtar. Did you mean --avatar?"),
        ("x --zzzz", "/video knows --avatar, --voice"),
        ("x --speed 1", "--speed belongs to /speak"),
        ("x --avatar", "--avatar needs a value"),
        ("x --avatar --portrait", "--avatar needs a value"),
        ("x --avatar=", "--avatar needs a value"),
        ('x --avatar ""', "--avatar needs a value"),
        ('x --avatar "Annie', "never closed"),
        ("x --avatar A --avatar B", "--avatar is there twice"),
        ("x --portrait --landscape", "either --portrait or --landscape"),
        ("x --portrait=yes", "--portrait stands alone"),
        ("x" * 10_001, "10,001 characters; HeyGen takes at most 10,000"),
    ],
)
def test_a_mistake_is_told_and_never_ignored(typed: str, said: str) -> None:
    """The words say what was wrong and what there is."""
    with pytest.raises(ParseError) as raised:
        parse.video(typed)
    assert said in str(raised.value)


def test_the_brief_of_a_video_has_everything_that_was_typed() -> None:
    """Files come beside it, from the message."""
    file = Attachment(file_id="F1", name="a.png", mimetype="image/png", size_bytes=1)
    wish = parse.video("x --avatar A --voice V --style S --portrait --review")
    expected = Brief(prompt="x", avatar="A", voice="V", style="S", orientation="portrait", review=True, files=(file,))
    assert wish.brief(files=(file,)) == expected


def test_speech_has_a_voice_a_speed_and_a_language() -> None:
    """A decimal comma is a decimal point."""
    wish = parse.speak("Hello there --voice Bea --speed 1,2 --language German")
    assert wish == SpeakCommand(text="Hello there", voice="Bea", speed=1.2, language="German")
    assert wish.brief() == Brief(prompt="Hello there", voice="Bea", speed=1.2, language="German")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "What shall I say?"),
        ("--voice Bea", "What shall I say?"),
        ("x --speed 3", "from 0.5 to 2.0; “3” is not"),
        ("x --speed nan", "from 0.5 to 2.0"),
        ("x --speed fast", "“fast” is not"),
        ("x --portrait", "--portrait belongs to /video"),
        ("x" * 5_001, "5,001 characters; HeyGen takes at most 5,000"),
    ],
)
def test_a_mistake_in_speech_is_told(typed: str, said: str) -> None:
    """Empty, too fast, too long, or a flag of the other command."""
    with pytest.raises(ParseError) as raised:
        parse.speak(typed)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ("help", "")),
        (" Help ", ("help", "")),
        ("stop", ("stop", "")),
        ("show  abc", ("show", "abc")),
        ("video A red barn --review", ("video", "A red barn --review")),
        ("speak\nHello", ("speak", "Hello")),
    ],
)
def test_the_word_behind_heygen_is_read(typed: str, read: tuple[str, str]) -> None:
    """Case does not matter; nothing at all asks for help."""
    assert parse.heygen(typed) == read


def test_an_unknown_word_gets_the_nearest_one() -> None:
    """Or the whole list when nothing is near."""
    with pytest.raises(ParseError, match="Did you mean /heygen credits"):
        parse.heygen("credit")
    with pytest.raises(ParseError, match="It knows: help, jobs, show"):
        parse.heygen("qqqq")


@pytest.mark.parametrize(
    ("typed", "change"),
    [
        ("", None),
        ("dm Away", Change(Setting.DM, "away")),
        ("voice Annabelle Smith", Change(Setting.VOICE, "Annabelle Smith")),
        ('voice "Annabelle Smith"', Change(Setting.VOICE, "Annabelle Smith")),
        ("avatar none", Change(Setting.AVATAR, None)),
    ],
)
def test_settings_are_read(typed: str, change: Change | None) -> None:
    """A name needs no quotes here; none clears it."""
    assert parse.settings(typed) == change


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("dm", "always, away or never"),
        ("dm sometimes", "always, away or never"),
        ("voice", "settings voice NAME"),
        ("vocie Bea", "Did you mean voice?"),
        ("zzz", "It knows: dm, voice, avatar"),
    ],
)
def test_a_mistake_in_settings_is_told(typed: str, said: str) -> None:
    """The words show the right way."""
    with pytest.raises(ParseError) as raised:
        parse.settings(typed)
    assert said in str(raised.value)


@pytest.mark.parametrize("read", [parse.video, parse.speak, parse.heygen, parse.settings])
@given(text=st.text(alphabet='-—= "“”abvoice\n') | st.text())
def test_any_text_is_read_or_refused_in_words(read: Callable[[str], object], text: str) -> None:
    """No typing crashes a command."""
    with suppress(ParseError):
        read(text)
