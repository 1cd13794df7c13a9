"""The tokens: the field's frequent words whole, all others in pieces."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.trainers import WordPieceTrainer

UNKNOWN: Final = "[UNK]"

_ALPHABET: Final = 250  # characters kept: Latin, Greek, digits; a word with any other is unknown
_SIGNS: Final = re.compile(r"[^\w\s]+")

Tokens = NDArray[np.int32]


def train_vocabulary(texts: Iterable[str], size: int) -> Tokenizer:
    """A WordPiece tokenizer of `size` tokens, in lower case, without punctuation.

    Signs stand alone after the division into words and are no tokens: they are unknown, and left out.
    """
    tokenizer = Tokenizer(WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.train_from_iterator(
        (_SIGNS.sub(" ", text) for text in texts),
        WordPieceTrainer(
            vocab_size=size,
            min_frequency=2,
            limit_alphabet=_ALPHABET,
            special_tokens=[UNKNOWN],
            continuing_subword_prefix="##",
            show_progress=False,
        ),
    )
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """The known tokens of each text, in their order."""
    unknown = tokenizer.token_to_id(UNKNOWN)
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    return [
        np.array([token for token in encoding.ids if token != unknown], np.int32) for encoding in encodings
    ]
