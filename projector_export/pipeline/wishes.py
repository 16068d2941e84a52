"""How a vocabulary is inspected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from projector_export.errors import InvalidInputError

__all__ = ["Mode", "Wishes"]

Mode = Literal["adaptive", "magikarp"]


@dataclass(frozen=True)
class Wishes:
    """How a vocabulary is inspected.

    Parameters
    ----------
    references
        Row numbers known to be untrained; found automatically where None.
    mode
        ``"adaptive"``: candidates are the rows that lie apart in the main indicator's distribution, possibly none.
        ``"magikarp"``: the published computation, the lowest percentile whatever its rows look like.
    percentile
        Of the ordinary tokens, above 0 and below 100; 2 is the published one.
    seed
        Of random directions and samples.
    n_neighbors
        Nearest tokens that are shown of each candidate, from 0.
    uses_names
        Whether a name such as ``[unused12]`` makes a row a reference.
    n_directions
        Random directions along which the largest row is looked for, 0 for none. By default 5 to 20 for each row where that
        costs no more than 5e11 multiplications and additions, else none.

    Raises
    ------
    InvalidInputError
        If a value is outside its range.
    """

    references: Sequence[int] | None = None
    mode: Mode = "adaptive"
    percentile: float = 2.0
    seed: int = 0
    n_neighbors: int = 3
    uses_names: bool = True
    n_directions: int | None = None

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise InvalidInputError(f"a mode of inspection is one of {', '.join(get_args(Mode))}, not {self.mode!r}")
        if not 0 < self.percentile < 100:
            raise InvalidInputError(f"a percentile lies between 0 and 100, not at {self.percentile!r}")
        if self.n_neighbors < 0:
            raise InvalidInputError(
                f"the number of neighbours shown is a whole number from 0, not {self.n_neighbors!r}"
            )
        if self.n_directions is not None and (self.n_directions < 0 or self.n_directions == 1):
            raise InvalidInputError(
                f"the number of random directions is a whole number from 2, or 0 for none, not {self.n_directions!r}"
            )
