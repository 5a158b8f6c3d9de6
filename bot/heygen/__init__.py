"""Knows HeyGen's API v3 and nothing else."""
