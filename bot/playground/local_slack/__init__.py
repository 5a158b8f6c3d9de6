"""A Slack workspace that runs on this machine: real HTTP and WebSocket servers with a truth of their own."""
