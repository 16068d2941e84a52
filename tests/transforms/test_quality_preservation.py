from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable, Layout
from projector_export.transforms.neighbours import neighbours
from projector_export.transforms.quality import preservation

VALUES = np.random.default_rng(6).normal(size=(400, 6)).astype(np.float32)


def table_of(values=VALUES, k=15, **pictures):
    table = EmbeddingTable.from_array(
        values, name="t", columns=[Column("label", [str(row) for row in range(len(values))])]
    )
    for name, coordinates in (pictures or {"pca 2d": values[:, :2], "pca 3d": values[:, :3]}).items():
        table = table.with_layout(Layout(name, "pca", coordinates), Step("pca"))
    return neighbours(table, k, metric="euclidean")


def by_definition(truth, coordinates):
    distances = np.linalg.norm(coordinates[:, None].astype(float) - coordinates[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    picture = np.argsort(distances, axis=1, kind="stable")
    sizes = range(1, truth.shape[1] + 1)
    return [
        np.mean([len(set(a[:k]) & set(b[:k])) / k for k in sizes])
        for a, b in zip(truth.tolist(), picture.tolist(), strict=True)
    ]


@settings(max_examples=12, deadline=None)
@given(st.integers(4, 60), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_values_are_those_of_the_definition(n_rows, k, seed):
    values = np.random.default_rng(seed).normal(size=(n_rows, 5)).astype(np.float32)
    table = table_of(values, min(k, n_rows - 1))
    result = preservation(table, n_neighbors=k)
    for layout in table.layouts:
        expected = by_definition(table.neighbours.indices, layout.coordinates)
        column = result.column(f"{layout.name} preserved")
        assert column.values.dtype == np.float32
        assert np.allclose(column.values, expected, atol=6e-5)


def test_the_first_neighbours_are_used():
    assert np.array_equal(
        preservation(table_of(k=40), n_neighbors=7).columns[1].values,
        preservation(table_of(k=7), n_neighbors=7).columns[1].values,
    )


def test_columns_come_after_the_others_one_a_layout():
    table = table_of()
    result = preservation(table)
    assert [column.name for column in result.columns] == ["label", "pca 2d preserved", "pca 3d preserved"]
    assert [column.name for column in table.columns] == ["label"]
    assert result.provenance.steps[-1].name == "preservation"
    assert result.provenance.steps[-1].parameters["n_neighbors"] == 15


def test_a_gradient_needs_more_than_fifty_values_of_at_most_four_decimals():
    values = preservation(table_of()).column("pca 2d preserved").values
    assert len(np.unique(values)) > 50
    assert all(len(f"{value:.7g}") <= 6 for value in values.tolist())


def test_a_faithful_picture_keeps_all():
    plane = VALUES[:, :3]
    assert (preservation(table_of(plane, same=plane)).columns[1].values == 1).all()


def test_many_rows_in_one_place():
    values = preservation(table_of(heap=np.zeros((400, 2)))).columns[1].values
    assert np.isfinite(values).all()
    assert values.max() < 0.9


def test_blocks_make_no_difference(monkeypatch):
    expected = preservation(table_of()).columns[1].values
    monkeypatch.setattr(import_module(preservation.__module__), "BLOCK_ROWS", 7)
    assert np.array_equal(preservation(table_of()).columns[1].values, expected)


def test_progress_and_tables_without_layouts():
    told = []
    preservation(table_of(), progress=lambda *args: told.append(args))
    assert told[-1] == ("neighbourhood preservation", 2, 2)
    table = EmbeddingTable.from_array(VALUES)
    assert preservation(table) is table


def test_small_tables_use_all_other_rows():
    assert preservation(table_of(VALUES[:8], 7)).provenance.steps[-1].parameters["n_neighbors"] == 7


def test_bad_input():
    table = table_of().with_vectors(table_of().vectors, Step("same"))
    with pytest.raises(InvalidInputError, match=r"'t' has no neighbours: call neighbours\(table, 15\) first"):
        preservation(table)
    with pytest.raises(InvalidInputError, match=r"has 6 neighbours a row: call neighbours\(table, 9\) first"):
        preservation(table_of(k=6), n_neighbors=9)
    with pytest.raises(InvalidInputError, match="whole number from 1, not 0"):
        preservation(table_of(), n_neighbors=0)


def test_a_layout_that_has_its_column_gets_no_second_one():
    table = preservation(table_of())
    assert preservation(table) is table
