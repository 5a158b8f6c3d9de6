"""Alembic's folder: the schema's history. Each step records the oldest release that still works with it."""
