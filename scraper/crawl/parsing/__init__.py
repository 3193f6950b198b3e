"""Page parsing in a separate process."""
