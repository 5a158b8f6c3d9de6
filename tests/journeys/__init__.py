"""Whole journeys over real sockets: the real program between the local Slack and the local HeyGen."""
