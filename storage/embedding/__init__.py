"""Encoders: what turns text into vectors for the semantic leg of search."""
