"""Trending: a pure function of what was observed by an instant, and the words that explain it."""
