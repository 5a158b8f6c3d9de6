"""Payloads that went wrong on their way: whatever arrives, nothing falls over and no job is harmed."""

import pytest

pytest.register_assert_rewrite("tests.fuzz.bystanders")
