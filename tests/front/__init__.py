"""The playground's page server, and what keeps the program running."""
