"""Papers that a person brings in a file: what its lines say, and how they get into the store.

`formats` tells the formats apart, and one module a format turns lines into readings (pure); `reading` opens
files, `run` brings what was read to the store, batch by batch.
"""
