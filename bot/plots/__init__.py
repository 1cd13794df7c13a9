"""Plots where people would rather look than read: a paper's trend, a topic's month, a day's field."""
