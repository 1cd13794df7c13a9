"""Whether search finds the paper: the questions put to it, what counts as found, and the table of figures.

`known_item`, `titles` and `pages` make the questions, `measures` counts, `table` lays the figures out (all
pure); `corpora` reads the papers, and `run` brings them to a store of their own and asks.
"""
