"""The playground's page, looked at and used with a browser."""
