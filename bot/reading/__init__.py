"""What the page and its feeds read: editions, periods of the archive, single papers, searches.

One place over the store and the search, which gives frozen values and changes nothing.
"""
