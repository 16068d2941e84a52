"""Rules on a metadata file as a whole: whether it can be read, and each row gets its own label."""

from __future__ import annotations

from collections.abc import Iterator

from projector_export.checks.finding import Finding, Severity, fault, note, warning
from projector_export.checks.metadata_file import BYTE_ORDER_MARK, LONE_RETURN, Metadata
from projector_export.checks.scene import TensorScene
from projector_export.checks.wording import counted, quoted
from projector_export.formats.javascript import is_blank

__all__ = ["METADATA_RULES"]


def encoding(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find bytes that are not UTF-8, a byte order mark, and carriage returns."""
    where = scene.where(scene.info.metadata_path)
    try:
        metadata.original.decode("utf-8")
    except UnicodeDecodeError as error:
        line = metadata.original[: error.start].count(b"\n") + 1
        effect = "shows replacement characters" if scene.is_standalone else "answers HTTP 500 and no data is shown"
        yield fault(
            "metadata-not-utf8",
            where,
            f"Line {line:,} is not UTF-8 (byte {error.start:,} is 0x{metadata.original[error.start]:02x}): TensorBoard "
            f"{effect}.",
            "Save the file as UTF-8.",
        )
    if metadata.original.startswith(BYTE_ORDER_MARK):
        yield note(
            "metadata-byte-order-mark",
            where,
            "It begins with a byte order mark, which the viewer skips but other readers show in the first name.",
            "Save it as UTF-8 without BOM.",
        )
    yield from _carriage_returns(scene, metadata, where)


def _carriage_returns(scene: TensorScene, metadata: Metadata, where: str) -> Iterator[Finding]:
    if b"\r" not in metadata.original:
        return
    lone = [metadata.original[: match.start()].count(b"\n") + 1 for match in LONE_RETURN.finditer(metadata.original)]
    if lone:
        yield fault(
            "lone-carriage-return",
            where,
            f"A carriage return stands inside {counted(lone, 'line')}: without TensorFlow it starts a new row and shifts all "
            "rows below, with TensorFlow it is deleted.",
            "Escape it, as \\r.",
        )
    elif scene.is_standalone:
        yield fault(
            "crlf",
            where,
            "Its lines end in CR LF, and the viewer keeps the CR at the end of the last column's name and values.",
            "End lines with LF only.",
        )


def ending(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find files at whose end the viewer's parser hangs or loses something."""
    where = scene.where(scene.info.metadata_path)
    if not metadata.served.strip():
        yield fault(
            "metadata-empty",
            where,
            "It holds no row"
            + (".", " and no line break, for which the viewer's parser waits for ever: nothing is shown.")[
                metadata.hangs
            ],
            "Write one line a row, or take metadata_path out of the config.",
        )
    elif metadata.hangs:
        yield fault(
            "metadata-hangs",
            where,
            "There is no line break in the last 1,000,000 bytes (or in all of it), and the viewer's parser waits for one for "
            "ever: nothing is shown.",
            "End the file with a line break.",
        )
    elif metadata.loses_last_byte:
        yield fault(
            "metadata-loses-last-character",
            where,
            f"It has {len(metadata.served):,} bytes and no line break at its end: the viewer loses the last character.",
            "End the file with a line break.",
        )
    elif not metadata.served.endswith(b"\n"):
        yield note(
            "metadata-no-final-newline",
            where,
            "The last line has no line break at its end; that works by luck of the file's size.",
            "End the file with a line break.",
        )


def torn_characters(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find characters that the viewer cuts in two."""
    where = scene.where(scene.info.metadata_path)
    if metadata.torn_rows:
        yield fault(
            "character-torn",
            where,
            f"A character lies across a multiple of 1,000,000 bytes, where the viewer cuts the file, in "
            f"{counted(metadata.torn_rows)}: it is shown as two replacement characters.",
            "Put a few blank lines before that row (the viewer skips them), or shorten an earlier text.",
        )


def rows(scene: TensorScene, metadata: Metadata, n_rows: int | None) -> Iterator[Finding]:
    """Compare the rows with those of the tensor, by the viewer's rules for headers."""
    if n_rows is None or not metadata.served.strip():
        return
    where = scene.where(scene.info.metadata_path)
    n_labels, n_columns = metadata.n_rows, len(metadata.viewed.names)
    n_shown = min(n_rows, scene.max_rows or n_rows)
    blank = [number for number, line in enumerate(metadata.lines, start=1) if is_blank(line)]
    if n_labels == n_shown:
        return
    if n_columns == 1 and n_labels == n_shown + 1:
        yield fault(
            "single-column-header",
            where,
            f"It has one column and {n_labels:,} lines for {n_shown:,} rows: the first line {quoted(metadata.lines[0])} is no "
            "header but a label (or a line break inside a label made two of one), and the viewer refuses the file.",
            "Delete the first line: a file of one column has no header.",
        )
    elif blank and n_labels < n_shown:
        refused = ", which makes the viewer refuse the file" if n_columns > 1 and n_labels == n_shown - 1 else ""
        yield fault(
            "blank-lines",
            where,
            f"Blank: {counted(blank, 'line')}. The viewer skips them, so that {n_labels:,} labels are left for {n_shown:,} "
            f"rows and every later label belongs to another row{refused}.",
            "Write a placeholder such as (empty) there.",
        )
    elif n_columns > 1 and n_labels == n_shown - 1:
        yield fault(
            "missing-header",
            where,
            f"It has {n_columns} columns and {n_labels:,} lines below the first for {n_shown:,} rows: the header is missing "
            f"(it begins with {quoted(metadata.viewed.names[0])}), and the viewer refuses the file.",
            "Write a line of column names first.",
        )
    else:
        yield _mismatch(where, n_labels, n_shown)


def _mismatch(where: str, n_labels: int, n_shown: int) -> Finding:
    effect = "the rest goes without label" if n_labels < n_shown else "the rest of the labels is ignored"
    return fault(
        "row-mismatch",
        where,
        f"It has {n_labels:,} rows, the tensor {n_shown:,}: the viewer pairs them from the first on and {effect}.",
        "Write one line for each row of the tensor, in its order (a line break inside a label makes two lines of it).",
    )


def cells(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find rows with more or fewer cells than the header."""
    if not metadata.viewed.has_header:
        return
    where = scene.where(scene.info.metadata_path)
    n_columns = len(metadata.viewed.names)
    long = [row for row, written in enumerate(metadata.cells) if len(written) > n_columns]
    short = [row for row, written in enumerate(metadata.cells) if len(written) < n_columns]
    if long:
        yield fault(
            "extra-cells",
            where,
            f"More cells than the header's {n_columns} in {counted(long)}: a tab inside a value shifts the cells after it, and "
            "the last ones are dropped.",
            "Replace tabs inside values, by \\t for example.",
        )
    if short:
        yield fault(
            "missing-cells",
            where,
            f'Fewer cells than the header\'s {n_columns} in {counted(short)}: they show as "undefined".',
            "Write all cells; a line break inside a value makes two lines of it.",
        )


def column_names(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Find names that a column cannot have."""
    where = scene.where(scene.info.metadata_path)
    names = metadata.viewed.names
    doubled = sorted({name for name in names if names.count(name) > 1 and name})
    if doubled:
        yield fault(
            "column-doubled",
            where,
            f"Several columns are called {quoted(doubled[0])}: all of them show the values of the last.",
            "Rename them.",
        )
    if "__proto__" in names:
        yield fault(
            "column-name-reserved",
            where,
            "A column is called '__proto__', which the viewer's language keeps for itself.",
            "Rename it.",
        )
    if metadata.viewed.has_header and any(is_blank(name) for name in names):
        severity: Severity = "fault" if names.count("") > 1 else "warning"
        yield Finding(
            "column-nameless",
            severity,
            where,
            f"Column {[is_blank(name) for name in names].index(True) + 1} has no name and shows as an empty line in the menus.",
            "Name it in the first line.",
        )


def label_column(scene: TensorScene, metadata: Metadata, _n_rows: int | None) -> Iterator[Finding]:
    """Tell which column is the label where that is not what the names suggest."""
    if not metadata.n_rows:
        return
    where = scene.where(scene.info.metadata_path)
    if 0.0 in metadata.label.values:
        yield note(
            "label-zero",
            where,
            f"The label 0 of {counted([row for row, value in enumerate(metadata.label.values) if value == 0])} is not shown "
            "when the mouse is over the point: the viewer takes it for none.",
            'Write it as "0", or put a letter before it.',
        )
    usual = {"label", "labels", "name", "token", "word", "text", "title"}
    meant = next((column for column in metadata.columns if column.name.strip().lower() in usual), metadata.columns[0])
    if meant.index == metadata.label.index and not meant.is_numeric:
        return
    if meant.is_numeric and metadata.viewed.has_header and meant.name.strip().lower() in usual:
        yield warning(
            "label-column-numeric",
            where,
            f"All values of {quoted(meant.name)} are numbers to the viewer, which therefore shows "
            f"{quoted(metadata.label.name)} as label.",
            "Put the numbers in quotes, or a letter before them, if they are names.",
        )
    elif meant.index != metadata.label.index:
        yield note(
            "label-column",
            where,
            f"The viewer shows the first column of texts, {quoted(metadata.label.name)}, as label, not {quoted(meant.name)}.",
            "Put the label in the first column.",
        )


METADATA_RULES = (encoding, ending, torn_characters, rows, cells, column_names, label_column)
