"""Stand-ins for Slack and HeyGen, and the program that starts them beside the real app."""
