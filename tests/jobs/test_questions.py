"""Reading the agent's questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.questions import LONGEST, MOST, options_of


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Which background would you like?\n- Office\n- Beach\n- Studio", ("Office", "Beach", "Studio")),
        ("Which?\n* Office\n* Beach\n", ("Office", "Beach")),
        ("Which?\n  • Office\n  • Beach", ("Office", "Beach")),
        ("Which?\n\n1. Office\n\n2. Beach\n3. Studio", ("Office", "Beach", "Studio")),
        ("Which?\n1) Office\n2) Beach", ("Office", "Beach")),
        ("Which?\na) Office\nb) Beach", ("Office", "Beach")),
        ("Which?\n(A) Office\n(B) Beach", ("Office", "Beach")),
        ("Which?\n- **Office**: bright\n- `Beach`;", ("Office: bright", "Beach")),
        ("- Office\n- Beach", ("Office", "Beach")),
    ],
)
def test_a_short_list_at_the_end_becomes_options(text: str, labels: tuple[str, ...]) -> None:
    """Bullets, numbers and letters are understood, and their marks are not part of the label."""
    assert options_of(text) == labels


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What would you like to see?",
        "Which?\n- Office",
        "Which?\n- a\n- b\n- c\n- d\n- e\n- f",
        "Which?\n- Office\n- Beach\nTell me when you know.",
        f"Which?\n- Office\n- {'x' * 76}",
        "Which?\n- Office\n- office",
        "Which?\n- Office\n* Beach",
        "Which?\n1. Office\n- Beach",
        "Which?\n2. Office\n3. Beach",
        "Which?\n1. Office\n3. Beach",
        "It lasts 1.5 minutes\n2.5 minutes",
        "Which?\n- ** **\n-",
    ],
)
def test_anything_else_is_answered_in_words(text: str) -> None:
    """One item, six items, long or equal ones, mixed marks, or words after the list make no buttons."""
    assert options_of(text) == ()


@given(st.text(alphabet="-*•1a.) \nxyÄ😀", max_size=200) | st.text())
def test_whatever_the_agent_says_the_options_fit_on_buttons(text: str) -> None:
    """No text breaks the reading; labels are 2 to 5, not blank and short."""
    labels = options_of(text)
    assert len(labels) in (0, 2, 3, 4, MOST)
    assert all(label.strip() and len(label) <= LONGEST for label in labels)
