"""A HeyGen that runs on this machine: the v3 API with sessions, wallet and webhooks of its own, and real media."""
