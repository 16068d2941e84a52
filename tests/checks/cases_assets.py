"""Faults of the files beside a tensor: metadata, sprite, bookmarks."""

from __future__ import annotations

from planted import CELL, N_ROWS, Planted, bookmark, collector, png, vectors

CASES, case = collector()
TSV = "words/metadata.tsv"
LINES = [f"word {row}\tkind {row % 2}\t{row % 3}" for row in range(N_ROWS)]


def with_line(row: int, line: str) -> list[str]:
    """Return the clean rows with another line in one place."""
    return [*LINES[:row], line, *LINES[row + 1 :]]


def labels(*values: str) -> list[str]:
    """Return one-column rows that begin with some values."""
    return [*values, *(f"word {row}" for row in range(len(values), N_ROWS))]


def one_column(folder: Planted, lines: list[str]) -> None:
    """Write a file of one column, and bookmarks that do not name another."""
    folder.metadata(lines, header=None)
    folder.bookmarks([bookmark(selectedLabelOption="label")])


def many_numbers(folder: Planted, other: str) -> None:
    """Make "count" a column for a gradient, with another value in row 6."""
    folder.resized(vectors(60, 60))
    folder.metadata([f"word {row}\tkind 1\t{other if row == 6 else row}" for row in range(60)])


@case("single-column-header", TSV, "'word'", "10 lines for 9 rows")
def header_of_one_column(folder: Planted) -> None:
    one_column(folder, ["word", *labels()])


@case("missing-header", TSV, "8 lines", "word 0")
def no_header(folder: Planted) -> None:
    folder.metadata(LINES, header=None)
    folder.bookmarks([bookmark(selectedLabelOption=...)])


@case("row-mismatch", TSV, "It has 7 rows, the tensor 9")
def too_few_rows(folder: Planted) -> None:
    folder.metadata(LINES[:7])


@case("row-mismatch", TSV, "It has 12 rows, the tensor 9", "line break inside a label")
def too_many_rows(folder: Planted) -> None:
    folder.metadata(LINES + LINES[:3])


@case("blank-lines", TSV, "line 3", "8 labels are left for 9 rows")
def blank_label(folder: Planted) -> None:
    one_column(folder, [*labels()[:2], "\u3000", *labels()[3:]])


@case("blank-lines", TSV, "line 4", "refuse the file")
def row_of_empty_cells(folder: Planted) -> None:
    folder.metadata(with_line(2, "\t\t"))


@case("empty-cells", TSV, "'word'", "row 2", '"null"')
def empty_label(folder: Planted) -> None:
    folder.metadata(with_line(2, "\tkind 1\t2"))


@case("empty-cells", TSV, "'kind'", "row 2", severity="warning")
def empty_text(folder: Planted) -> None:
    folder.metadata(with_line(2, "word 2\t\t2"))


@case("extra-cells", TSV, "row 5", "tab inside a value")
def tab_in_label(folder: Planted) -> None:
    folder.metadata(with_line(5, "wo\trd\tkind 1\t2"))


@case("missing-cells", TSV, "row 3", "undefined")
def missing_cell(folder: Planted) -> None:
    folder.metadata(with_line(3, "word 3\tkind 1"))


@case("number-like", "'007' is shown as 7", "'word'")
def leading_zeros(folder: Planted) -> None:
    folder.metadata(with_line(3, "007\tkind 1\t0"))


@case("number-like", "'0x10' is shown as 16", "'label'")
def hexadecimal(folder: Planted) -> None:
    one_column(folder, labels("0x10"))


@case("label-column-numeric", "'word'", "'kind' as label", severity="warning")
def digits_as_labels(folder: Planted) -> None:
    folder.metadata([f"{row % 5}\tkind {row % 2}\t1" for row in range(N_ROWS)])


@case("label-zero", "row 0", severity="note")
def label_zero(folder: Planted) -> None:
    one_column(folder, [str(row) for row in range(N_ROWS)])


@case("label-column", "'kind'", "'word'", severity="note")
def label_not_first(folder: Planted) -> None:
    folder.metadata([f"kind {row % 2}\tword {row}" for row in range(N_ROWS)], header="kind\tword")


@case("infinite-value", "'count'", "row 6")
def infinity(folder: Planted) -> None:
    many_numbers(folder, "Infinity")


@case("not-a-number", "'count'", "'NaN'", severity="warning")
def nan_literal(folder: Planted) -> None:
    many_numbers(folder, "NaN")


@case("nothing-to-colour-by", TSV, "50 distinct values", severity="warning")
def no_colours(folder: Planted) -> None:
    folder.resized(vectors(60, 60))
    folder.metadata([f"word {row}" for row in range(60)], header=None)


@case("categorical-numbers", "'count'", "9 distinct numbers", severity="note")
def few_numbers(folder: Planted) -> None:
    folder.metadata([f"word {row}\tkind {row % 2}\t{row}.5" for row in range(N_ROWS)])


@case("prototype-name", "'kind'", "'constructor'")
def prototype_name(folder: Planted) -> None:
    folder.metadata(with_line(2, "word 2\tconstructor\t1"))


@case("column-doubled", "'kind'")
def doubled_column(folder: Planted) -> None:
    folder.metadata(LINES, header="word\tkind\tkind")


@case("column-name-reserved", "'__proto__'")
def reserved_column(folder: Planted) -> None:
    folder.metadata(LINES, header="word\tkind\t__proto__")


@case("column-nameless", "Column 2", severity="warning")
def nameless_column(folder: Planted) -> None:
    folder.metadata(LINES, header="word\t\tcount")


@case("metadata-empty", TSV, "for ever")
def empty_file(folder: Planted) -> None:
    folder.file(TSV).write_bytes(b"")
    folder.bookmarks([bookmark(selectedLabelOption=...)])


@case("metadata-hangs", TSV, "line break")
def no_line_break_in_the_last_chunk(folder: Planted) -> None:
    one_column(folder, [])
    folder.file(TSV).write_bytes("\n".join(labels()[:-1]).encode() + b"\n" + b"w" * 2_500_000)


@case("metadata-loses-last-character", TSV, "1,000,001 bytes")
def last_byte_beyond_the_chunk(folder: Planted) -> None:
    one_column(folder, [])
    text = "\n".join(labels()[:-1]).encode() + b"\n"
    folder.file(TSV).write_bytes(text + b"w" * (1_000_001 - len(text)))


@case("metadata-no-final-newline", TSV, severity="note")
def no_final_newline(folder: Planted) -> None:
    folder.file(TSV).write_bytes(folder.file(TSV).read_bytes().rstrip(b"\n"))


@case("character-torn", TSV, "row 3")
def character_across_a_border(folder: Planted) -> None:
    before = "".join(f"word {row}\tkind 0\t1\n" for row in range(3))
    filler = 999_999 - len(f"word\tkind\tcount\n{before}")
    folder.metadata(with_line(3, "w" * filler + "é\tkind 1\t2"))


@case("metadata-not-utf8", TSV, "Line 2", "0xe9", server=True)
def latin_one(folder: Planted) -> None:
    folder.file(TSV).write_bytes(folder.file(TSV).read_bytes().replace(b"word 0", b"caf\xe9"))


@case("metadata-byte-order-mark", TSV, severity="note", server=False)
def byte_order_mark(folder: Planted) -> None:
    folder.file(TSV).write_bytes(b"\xef\xbb\xbf" + folder.file(TSV).read_bytes())


@case("lone-carriage-return", TSV, "line 4")
def carriage_return(folder: Planted) -> None:
    folder.metadata(with_line(2, "wo\rrd\tkind 1\t2"))


@case("long-labels", "300 characters", "row 1", severity="note")
def long_label(folder: Planted) -> None:
    folder.metadata(with_line(1, f"{'w' * 300}\tkind 1\t2"))


@case("sequence-cycle", "'__seq_next__'", "row 1", "nothing is shown")
def cyclic_sequence(folder: Planted) -> None:
    following = [1, 2, 3, 1, "", "", "", "", ""]
    folder.metadata([f"word {row}\tkind\t{after}" for row, after in enumerate(following)], "word\tkind\t__seq_next__")


@case("sequence-leaves-rows", "'__next__'", "row 8")
def sequence_out_of_range(folder: Planted) -> None:
    folder.metadata([f"word {row}\tkind\t{row + 1}" for row in range(N_ROWS)], "word\tkind\t__next__")


@case("sprite-unreadable", "words/sprite.png")
def sprite_of_text(folder: Planted) -> None:
    folder.file("words/sprite.png").write_text("no image")


@case("sprite-too-large", "8,196 x 8,196")
def large_sprite(folder: Planted) -> None:
    folder.file("words/sprite.png").write_bytes(png(3 * 2732, 3 * 2732))
    folder.config(sprite_size=(2732, 2732))


@case("sprite-without-cell-size", "single_image_dim is [4]")
def sprite_without_size(folder: Planted) -> None:
    folder.config(sprite_size=(CELL,))


@case("sprite-cell-size", "12 x 12", "5 x 5")
def sprite_not_divisible(folder: Planted) -> None:
    folder.config(sprite_size=(5, 5))


@case("sprite-not-square", "5 columns and 2 lines", "5 x 5 thumbnails")
def wide_sprite(folder: Planted) -> None:
    folder.file("words/sprite.png").write_bytes(png(5 * CELL, 2 * CELL))


@case("sprite-too-few-cells", "room for 4", "9 rows")
def small_sprite(folder: Planted) -> None:
    folder.file("words/sprite.png").write_bytes(png(2 * CELL, 2 * CELL))


@case("bookmarks-not-json", "words/bookmarks.json")
def bookmarks_with_nan(folder: Planted) -> None:
    folder.bookmarks([bookmark(tSNEPerplexity=float("nan"))])


@case("bookmarks-not-a-list", "[{...}]")
def bookmark_alone(folder: Planted) -> None:
    folder.bookmarks(bookmark())


@case("bookmark-fields", "selectedPoints", "bookmark 1 'saved'")
def bookmark_without_field(folder: Planted) -> None:
    folder.bookmarks([bookmark(selectedPoints=...)])


@case("bookmark-fields", "customXLeftText")
def bookmark_with_null_text(folder: Planted) -> None:
    folder.bookmarks([bookmark(customXLeftText=None)])


@case("bookmark-too-many-points", "10 points", "9 are shown")
def bookmark_with_too_many_points(folder: Planted) -> None:
    folder.bookmarks([bookmark(projections=[{"umap-0": 1.0, "umap-1": 1.0, "pca-0": 0.0}] * 10)])


@case("bookmark-of-other-tensor", "[10, 60]", "[9, 60]", severity="warning")
def bookmark_of_other_tensor(folder: Planted) -> None:
    folder.bookmarks([bookmark(dataSetDimensions=[10, 60])])


@case("bookmark-sample", "0 of 9")
def bookmark_without_sample(folder: Planted) -> None:
    folder.bookmarks([bookmark(shuffledDataIndices=[])])


@case("bookmark-tsne-restarts", "umap-0", severity="warning")
def bookmark_in_the_tsne_slot(folder: Planted) -> None:
    folder.bookmarks([bookmark(selectedProjection="tsne", projections=[{"tsne-0": 1.0, "tsne-1": 1.0}] * N_ROWS)])


@case("bookmark-blanks-pca", "pca-0", severity="warning")
def bookmark_without_pca(folder: Planted) -> None:
    folder.bookmarks([bookmark(projections=[{"umap-0": 1.0, "umap-1": 1.0}] * N_ROWS)])


@case("bookmark-without-coordinates", "'umap'")
def bookmark_without_coordinates(folder: Planted) -> None:
    folder.bookmarks([bookmark(projections=[{"pca-0": 1.0}] * N_ROWS)])


@case("bookmark-column", "'colour'", "'word'", severity="warning")
def bookmark_of_a_missing_column(folder: Planted) -> None:
    folder.bookmarks([bookmark(selectedColorOptionName="colour")])
