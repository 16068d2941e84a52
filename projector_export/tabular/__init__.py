"""Files of records: columns of texts and numbers in CSV, TSV, JSON lines, Parquet, Arrow and plain text, read in batches."""

from __future__ import annotations

from projector_export.tabular.columns import UNCUT, as_columns, cut_notes
from projector_export.tabular.labels import read_labels
from projector_export.tabular.opening import FORMATS, open_records
from projector_export.tabular.records import Records

__all__ = ["FORMATS", "UNCUT", "Records", "as_columns", "cut_notes", "open_records", "read_labels"]
