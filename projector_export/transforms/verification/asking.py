"""Asking a model: batches of equal length, so that nothing is padded, and the most probable token at each step."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.optional import required_for
from projector_export.transforms.verification.model import WORK, Loaded, Source, load
from projector_export.transforms.verification.prompts import Prompt
from projector_export.vectors import Progress

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

__all__ = ["ask"]

N_STEPS = 3
"""Tokens that a decoder may take to come to the point, as published."""

BATCH_SIZES = {"cpu": 8, "cuda": 32}


def ask(
    source: Source,
    candidates: Sequence[int],
    *,
    batch_size: int | None = None,
    device: str | None = None,
    progress: Progress | None = None,
) -> dict[int, float]:
    """Ask a model how probable it makes each token where nothing else fits.

    Each of three prompts (echo, explanation, repetition) holds the token by its id. A decoder continues it greedily by three
    tokens, an encoder fills a mask; the answer is the highest probability of the token over steps and prompts (Land and
    Bartolo 2024, section 2.3).

    Parameters
    ----------
    source
        Where the model lies.
    candidates
        Token ids, each below the number of rows of the model's input table.
    batch_size
        Prompts that are run at once; by default 8 on the CPU and 32 on CUDA, and fewer where memory does not suffice.
    device
        As torch spells it; by default CUDA where there is one, else the CPU.
    progress
        Told how many answers of how many are there.

    Returns
    -------
    dict of int to float
        Token id -> probability from 0 to 1; NaN where the model's numbers are not finite.

    Raises
    ------
    ProjectorExportError
        If the model cannot be read or cannot be asked, a package is missing, or an id is unknown to the model.
    """
    loaded = load(source, device)
    if any(not 0 <= row < loaded.n_tokens for row in candidates):
        raise InvalidInputError(
            f"a candidate is unknown to the model, which has {loaded.n_tokens:,} tokens: it is not the model of this table"
        )
    size = batch_size or BATCH_SIZES.get(loaded.device.partition(":")[0], BATCH_SIZES["cpu"])
    if size < 1:
        raise InvalidInputError(f"a batch holds at least one prompt, not {size!r}")
    highest = np.zeros(len(candidates))
    total, done = len(candidates) * len(loaded.prompts), 0
    for prompt in loaded.prompts:
        for begin in range(0, len(candidates), size):
            batch = candidates[begin : begin + size]
            answers = _answers(loaded, prompt, batch)
            highest[begin : begin + size] = np.maximum(highest[begin : begin + size], answers)
            done += len(batch)
            if progress is not None:
                progress(done, total)
    return dict(zip(candidates, highest.tolist(), strict=True))


def _answers(loaded: Loaded, prompt: Prompt, candidates: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the probability of each candidate, in smaller batches where the memory of the device does not suffice."""
    with required_for(WORK):
        import torch
    try:
        with torch.inference_mode():
            return (
                _continued(loaded, prompt, candidates) if prompt.mask is None else _masked(loaded, prompt, candidates)
            )
    except torch.cuda.OutOfMemoryError as error:
        if len(candidates) == 1:
            raise InvalidInputError(
                "the device has too little memory to ask the model: hide it (CUDA_VISIBLE_DEVICES=) to run on the CPU"
            ) from error
    half = len(candidates) // 2
    return np.concatenate([_answers(loaded, prompt, part) for part in (candidates[:half], candidates[half:])])


def _masked(loaded: Loaded, prompt: Prompt, candidates: Sequence[int]) -> npt.NDArray[np.float64]:
    import torch

    ids = torch.from_numpy(prompt.filled(candidates)).to(loaded.device)
    logits = loaded.network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    return _probabilities(logits[:, prompt.mask], candidates)


def _continued(loaded: Loaded, prompt: Prompt, candidates: Sequence[int]) -> npt.NDArray[np.float64]:
    import torch

    ids = torch.from_numpy(prompt.filled(candidates)).to(loaded.device)
    wanted, last = ids, _last_logits_only(loaded.network)
    kept: dict[str, Any] = {}
    highest = np.zeros(len(candidates))
    for _ in range(N_STEPS):
        answer = loaded.network(input_ids=wanted, attention_mask=torch.ones_like(ids), use_cache=True, **kept, **last)
        logits = answer.logits[:, -1]
        highest = np.maximum(highest, _probabilities(logits, candidates))
        said = logits.argmax(dim=-1, keepdim=True)
        ids = torch.cat([ids, said], dim=1)
        past = getattr(answer, "past_key_values", None)
        kept, wanted = ({}, ids) if past is None else ({"past_key_values": past}, said)
    return highest


def _last_logits_only(network: Module) -> dict[str, int]:
    """Return the option by which a model leaves out the logits of all tokens but the last, where it has one."""
    known = inspect.signature(network.forward).parameters
    return next(({name: 1} for name in ("logits_to_keep", "num_logits_to_keep") if name in known), {})


def _probabilities(logits: Tensor, candidates: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the softmax in float32 at each candidate, shape ``(n_candidates,)``."""
    import torch

    chosen = torch.tensor(candidates, device=logits.device)[:, None]
    found = logits.float().log_softmax(dim=-1).gather(1, chosen)[:, 0].exp()
    values: npt.NDArray[np.float64] = found.double().cpu().numpy()
    return values
