"""What every source promises, each promise once, for all of them: ``promise_*.py`` beside this file name the cases."""

import copy
import hashlib
import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest

from projector_export import EmbeddingTable, ProjectorExportError, write

HERE = Path(__file__).resolve().parent


def all_cases():
    for path in sorted(HERE.glob("promise_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from module.CASES


CASES = [
    pytest.param(
        case,
        id=case.name,
        marks=[pytest.mark.heavy] if case.is_heavy else [],
    )
    for case in all_cases()
]
DAMAGED = [
    pytest.param(case, make, words, id=f"{case.name}: {how}", marks=[pytest.mark.heavy] if case.is_heavy else [])
    for case in all_cases()
    for how, (make, words) in case.damaged.items()
]


def fingerprint(given):
    """Bytes of a file, of every file below a folder, or of a live object."""
    if isinstance(given, (str, Path)) and Path(given).exists():
        path = Path(given)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files if file.is_file()]
    try:
        return pickle.dumps(given)
    except Exception:
        return copy.copy(vars(given)) if hasattr(given, "__dict__") else repr(given)


@pytest.mark.parametrize("case", CASES)
def test_rows_values_labels_and_history(case, tmp_path):
    given = case.make(tmp_path)
    before = fingerprint(given)
    table = case.read(given)
    assert isinstance(table, EmbeddingTable)
    expected = np.asarray(case.vectors(given), dtype=np.float32)
    found = table.vectors.read(0, table.n_rows)
    assert found.shape == expected.shape == table.shape
    assert found.dtype == np.float32
    if case.tolerance:
        np.testing.assert_allclose(found, expected, atol=case.tolerance, rtol=0)
    else:
        np.testing.assert_array_equal(found, expected)
    middle = table.n_rows // 2
    np.testing.assert_array_equal(table.vectors.read(middle, table.n_rows), found[middle:])
    assert all(len(column.values) == table.n_rows for column in table.columns)
    labels = case.labels(given)
    texts = [column for column in table.columns if not column.is_numeric]
    assert (list(texts[0].values) if labels is not None else labels) == labels
    step = table.provenance.steps[0]
    assert step.name
    assert step.parameters
    assert fingerprint(given) == before, "the input was changed"


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_can_be_written(case, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    table = case.read(case.make(made))
    (written,) = write(table, tmp_path / "logdir")
    assert written.shape == table.shape


@pytest.mark.parametrize(("case", "make", "words"), DAMAGED)
def test_bad_input_is_refused_in_one_sentence(case, make, words, tmp_path):
    given = make(tmp_path)
    with pytest.raises(ProjectorExportError) as refused:
        table = case.read(given)
        table.vectors.read(0, table.n_rows)
    text = str(refused.value)
    assert "\n" not in text
    for word in words:
        assert word in text, text
