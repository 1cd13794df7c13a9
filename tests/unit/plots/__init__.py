"""Plots: what is drawn, in words, as pictures, and by whom."""
