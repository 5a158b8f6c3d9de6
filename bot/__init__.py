"""The running program: HeyGen videos made in Slack threads."""
