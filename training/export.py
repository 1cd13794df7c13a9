"""The model folder: int8 vectors, one scale a token, the tokenizer, and the card."""

import json
import shutil
from pathlib import Path
from typing import Final

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from training.bags import Table
from training.pairs import TITLE_WEIGHT

LARGEST: Final = 8_000_000  # bytes of the whole folder


def write_model(folder: Path, table: Table, tokenizer: Tokenizer) -> None:
    """Writes what `model2vec.StaticModel.from_pretrained` reads.

    Each vector is scaled to ±127 by itself; `weights`, by which model2vec multiplies, takes it back.
    """
    weighted = table.weighted()
    weighted /= np.median(np.linalg.norm(weighted, axis=1))
    scales = np.maximum(np.abs(weighted).max(axis=1), 1e-12) / 127
    folder.mkdir(parents=True)
    save_file(
        {
            "embeddings": np.rint(weighted / scales[:, np.newaxis]).astype(np.int8),
            "weights": scales.astype(np.float32),
        },
        folder / "model.safetensors",
    )
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone otherwise
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": table.vectors.shape[1],
        "embedding_dtype": "int8",
        "normalize": True,
        "max_length": None,
        "title_weight": TITLE_WEIGHT,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def put_in_place(folder: Path, target: Path) -> None:
    """Makes `folder` the new `target`. Raises `ValueError` if it is too large to be delivered."""
    size = sum(file.stat().st_size for file in folder.iterdir())
    if size > LARGEST:
        raise ValueError(f"The model takes {size:,} bytes, more than {LARGEST:,}. Train with fewer tokens.")
    if target.exists():
        old = target.with_name(f"{target.name}.old")
        target.rename(old)
        folder.rename(target)
        shutil.rmtree(old)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)
