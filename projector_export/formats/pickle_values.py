"""A pickle as a picture of itself: what it would build, without building it.

Nothing that a pickle names is imported or called. Lists, tables, texts and numbers come out as they are; everything else is a
:class:`PickledObject`, which only tells what would have been called with what. The language is that of CPython's
``Lib/pickle.py`` and ``Lib/pickletools.py``, protocols 2 to 5, less what needs other files or an extension registry.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from projector_export.errors import CorruptFileError
from projector_export.formats.pickle_machine import PickleMachine
from projector_export.formats.pickled_object import PickledName, PickledObject, PickledValue

__all__ = ["PickledName", "PickledObject", "PickledValue", "decode"]


def decode(data: memoryview, *, allows: Callable[[str, str], bool]) -> PickledValue:
    """Return what a pickle would build.

    Parameters
    ----------
    data
        The pickle from its first byte; more may follow. Long byte strings in the result are views of it.
    allows
        Whether the pickle may name something, by its module and its name.

    Raises
    ------
    InvalidInputError
        If it names anything else.
    CorruptFileError
        If it is cut off, of another protocol, or no pickle.
    """
    machine = PickleMachine(data, allows)
    try:
        return machine.run()
    except (IndexError, struct.error, KeyError) as error:
        raise CorruptFileError(f"the pickle breaks off or is damaged at byte {machine.at:,}") from error
    except (UnicodeDecodeError, TypeError) as error:
        raise CorruptFileError(f"the pickle holds what no pickle can at byte {machine.at:,} ({error})") from error
