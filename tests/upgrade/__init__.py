"""A database, a Slack and a HeyGen as an earlier release left them, and what becomes of them under this one."""
