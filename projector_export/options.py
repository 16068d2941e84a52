"""Everything that can be asked for: what to read, what to do to it, where to write it.

==================  =====================================================================================================
``Destination``     where to: a logdir, a run in it, a folder for projector.tensorflow.org, a picture
``Treatment``       what is done to vectors: centred, normalised, reduced, laid out (``Layouts``)
``ViewerLimits``    how much of a table the viewer is given
``Reading``         what to read of a model's files
``VectorReading``   what to read of a file of vectors
``TextOptions``     how texts are read (``TextColumns``), encoded (``Encoding``) and worked on (``Running``)
``Wishes``          how a vocabulary is inspected
==================  =====================================================================================================

Examples
--------
>>> from projector_export.options import Destination, Treatment
>>> Destination(logdir="runs", run="epoch-3").run
'epoch-3'
"""

from __future__ import annotations

from projector_export.pipeline import Destination, Layouts, Reading, Treatment, ViewerLimits
from projector_export.pipeline.texts import Encoding, Running, TextColumns, TextOptions
from projector_export.pipeline.vectors import VectorReading
from projector_export.pipeline.wishes import Wishes

__all__ = [
    "Destination",
    "Encoding",
    "Layouts",
    "Reading",
    "Running",
    "TextColumns",
    "TextOptions",
    "Treatment",
    "VectorReading",
    "ViewerLimits",
    "Wishes",
]
