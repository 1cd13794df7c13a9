"""The pure parts of the page."""
