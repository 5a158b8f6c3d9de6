"""HeyGen's client, errors, webhooks and catalogue."""
