"""Knows jobs: what may follow what, what is done outside for them, and when to look. Never Slack."""
