"""Messages made to be looked at: `python -m tests.looking FOLDER` writes pages for a browser."""
