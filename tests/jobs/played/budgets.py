"""How much Hypothesis tries."""

import pytest
from hypothesis import HealthCheck, settings

Size = tuple[int, int]  # examples, and steps of each

_ANY = settings(deadline=None, suppress_health_check=list(HealthCheck))


def budgets(*, quick: Size, long: Size) -> pytest.MarkDecorator:
    """Gives a test its `budget` twice: quickly and always alike, and among the slow tests longer and ever anew."""
    alike = settings(_ANY, max_examples=quick[0], stateful_step_count=quick[1], derandomize=True)
    anew = settings(_ANY, max_examples=long[0], stateful_step_count=long[1], print_blob=True)
    return pytest.mark.parametrize("budget", [alike, pytest.param(anew, marks=pytest.mark.slow)])
