"""The search index of one store in a folder of its own: tantivy for words, a vector file for meaning."""
