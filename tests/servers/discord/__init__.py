"""Discord on loopback, for tests with the real discord.py."""
