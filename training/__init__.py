"""Trains the static embedding that comes with Paperboy; no part of the installed program.

`python -m training --data FOLDER` reads the papers (see `training.split`), makes a vocabulary of their words
(`vocabulary`), gives each token a first vector (`start`), trains the vectors so that a title or a passage is
nearest to the paper it was taken from (`pairs`, `trainer`), takes the mean of two such runs, measures it
(`scores`), and writes the model folder with its card (`export`).

The library that makes the vocabulary decides ties by chance, so that two runs differ a little. Given a
finished vocabulary (`--tokenizer FILE`), the same data and seed on the same machine give the same model.
"""
