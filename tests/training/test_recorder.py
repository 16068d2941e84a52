"""The recorder: every moment a run, bit by bit, and no error that is lost."""

import threading
import time

import numpy as np
import pytest
from recorded_runs import assert_is, assert_no_fault, columns_of, runs_of, values_of

from projector_export.errors import InvalidInputError, WriteError
from projector_export.table import Column
from projector_export.training import background, recorder
from projector_export.training.recorder import Layer, Recorder

SHAPE = (30, 6)


def moments(count, *, seed=0, shape=SHAPE):
    generator = np.random.default_rng(seed)
    return list(np.cumsum(generator.normal(size=(count, *shape)), axis=0).astype(np.float32))


def recorded(logdir, values, *, first=0, **options):
    recording = Recorder(logdir, **options)
    recording.begin(first)
    for number, array in enumerate(values, first):
        recording.record(number, {"tokens": Layer(array)})
    return recording


def test_every_moment_is_a_run_bit_by_bit(tmp_path):
    values = moments(4)
    written = recorded(tmp_path, values).finish()
    assert runs_of(tmp_path) == ["epoch-000", "epoch-001", "epoch-002", "epoch-003", "trajectory"]
    for number, array in enumerate(values):
        assert_is(values_of(tmp_path, f"epoch-{number:03}"), array)
    assert [item.name for item in written] == ["tokens"] * 4 + ["tokens trajectory"]
    assert_no_fault(tmp_path)


def test_an_array_may_change_as_soon_as_it_was_handed_over(tmp_path):
    array = moments(1)[0]
    before = array.copy()
    recording = recorded(tmp_path, [array])
    array += 1
    recording.finish()
    assert_is(values_of(tmp_path, "epoch-000"), before)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_other_types_are_rounded_once(tmp_path, dtype):
    array = (moments(1)[0] * 100).astype(dtype)
    recorded(tmp_path, [array]).finish()
    assert_is(values_of(tmp_path, "epoch-000"), array.astype(np.float32))


def test_columns_tell_length_and_way(tmp_path):
    values = moments(3)
    recorded(tmp_path, values).finish()
    assert "moved" not in columns_of(tmp_path, "epoch-000")
    found = columns_of(tmp_path, "epoch-002")
    assert found["token"][:2] == ["row 0", "row 1"]
    wide = [array.astype(np.float64) for array in values]
    assert np.allclose(found["norm"], np.linalg.norm(wide[2], axis=1), rtol=1e-12)
    assert np.allclose(found["moved"], np.linalg.norm(wide[2] - wide[0], axis=1), rtol=1e-12)


def test_several_layers_lie_in_one_run(tmp_path):
    recording = Recorder(tmp_path)
    recording.begin(0)
    layers = {"words": moments(1)[0], "places/1": moments(1, seed=1, shape=(9, 2))[0]}
    for number in range(3):
        recording.record(number, {name: Layer(array + number) for name, array in layers.items()})
    recording.finish()
    assert_is(values_of(tmp_path, "epoch-002", "places/1"), layers["places/1"] + 2)
    assert values_of(tmp_path, "trajectory", "words trajectory").shape == (90, 6)
    assert values_of(tmp_path, "trajectory", "places/1 trajectory").shape == (27, 2)
    assert_no_fault(tmp_path)


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (4, 0)])
def test_what_the_viewer_would_not_list_is_told_at_once(tmp_path, shape):
    recording = Recorder(tmp_path / "runs")
    recording.begin(0)
    with pytest.raises(InvalidInputError, match=rf"'tokens' has {shape[0]} rows of {shape[1]} dimensions"):
        recording.record(0, {"tokens": Layer(np.zeros(shape, np.float32))})
    assert recording.finish() == ()
    assert not (tmp_path / "runs").exists()


def test_one_dimension_and_two_are_shown(tmp_path):
    for n_dims in (1, 2):
        recorded(tmp_path / str(n_dims), moments(3, shape=(8, n_dims))).finish()
        assert runs_of(tmp_path / str(n_dims))[-1] == "trajectory"
        assert_no_fault(tmp_path / str(n_dims))


def test_a_layer_that_changes_its_shape_is_refused(tmp_path):
    recording = recorded(tmp_path, moments(1))
    with pytest.raises(InvalidInputError, match="had 30 rows of 6 dimensions and has 31 of 6 now"):
        recording.record(1, {"tokens": Layer(moments(1, shape=(31, 6))[0])})


def test_a_training_that_diverged_is_told_and_the_runs_before_it_stay(tmp_path):
    values = moments(3)
    values[1][4, 2] = np.nan
    recording = recorded(tmp_path, values[:2])
    with pytest.raises(InvalidInputError, match=r"1 of 30 rows after epoch 1 \(the first is row 4\).* has diverged"):
        recording.finish()
    assert runs_of(tmp_path) == ["epoch-000"]
    assert_no_fault(tmp_path)


def test_what_cannot_be_written_is_an_error_of_a_later_call(tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise WriteError("the disk is full")

    monkeypatch.setattr(recorder, "write", full)
    values = moments(3)
    recording = recorded(tmp_path, values[:1])
    deadline = time.monotonic() + 30
    with pytest.raises(WriteError, match="the disk is full"):
        while time.monotonic() < deadline:
            recording.record(1, {"tokens": Layer(values[1])})
            time.sleep(0.01)
    with pytest.raises(WriteError, match="the disk is full"):
        recorded(tmp_path, values[:1]).finish()


def test_a_logdir_that_cannot_be_written_to_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot write"):
        Recorder(tmp_path / "file" / "runs").begin(0)


def test_writing_is_not_waited_for_until_much_waits(tmp_path, monkeypatch):
    """The writer is stopped: what fits waits, what does not fit is not even copied."""
    allowed = threading.Event()
    original = recorder.write

    def slow(*arguments, **options):
        assert allowed.wait(60)
        return original(*arguments, **options)

    monkeypatch.setattr(recorder, "write", slow)
    values = moments(3)
    monkeypatch.setattr(background, "MAX_WAITING_BYTES", 2 * values[0].nbytes)
    recording = recorded(tmp_path, values[:2])
    assert runs_of(tmp_path) == []
    threading.Timer(0.3, allowed.set).start()
    recording.record(2, {"tokens": Layer(values[2])})
    assert allowed.is_set()
    recording.finish()
    assert runs_of(tmp_path) == ["epoch-000", "epoch-001", "epoch-002", "trajectory"]


def test_two_trainings_are_not_mixed(tmp_path):
    recorded(tmp_path, moments(3)).finish()
    with pytest.raises(
        InvalidInputError, match="holds epoch-002 of an earlier training.* delete epoch-001 to epoch-002"
    ):
        Recorder(tmp_path).begin(0)
    Recorder(tmp_path, unit="step").begin(0)


def test_a_resumed_training_goes_on_with_the_runs_of_the_first(tmp_path):
    values = moments(5)
    recorded(tmp_path, values[:3]).finish()
    recorded(tmp_path, values[2:], first=2).finish()
    assert runs_of(tmp_path) == [*(f"epoch-{number:03}" for number in range(5)), "trajectory"]
    assert set(columns_of(tmp_path, "trajectory")["epoch"]) == {0, 1, 2, 3, 4}
    wide = np.float64(values[4]) - np.float64(values[0])
    assert np.allclose(columns_of(tmp_path, "epoch-004")["moved"], np.linalg.norm(wide, axis=1))


def test_a_second_training_with_the_same_recorder_goes_on_counting(tmp_path):
    values = moments(5)
    recording = recorded(tmp_path, values[:3])
    recording.finish()
    recording.begin(0)
    assert recording.last == 0
    for number, array in enumerate(values[2:]):
        recording.record(number, {"tokens": Layer(array)})
    recording.finish()
    assert runs_of(tmp_path) == [*(f"epoch-{number:03}" for number in range(5)), "trajectory"]
    assert_is(values_of(tmp_path, "epoch-004"), values[4])


def test_steps_are_runs_of_their_own_kind(tmp_path):
    recorded(tmp_path, moments(2), unit="step", first=1500).finish()
    assert runs_of(tmp_path) == ["step-0001500", "step-0001501", "trajectory"]
    assert set(columns_of(tmp_path, "trajectory")["step"]) == {1500, 1501}


def test_no_trajectory_where_none_is_wanted_or_nothing_went(tmp_path):
    recorded(tmp_path / "none", moments(3), trajectory=0).finish()
    recorded(tmp_path / "single", moments(1)).finish()
    assert "trajectory" not in runs_of(tmp_path / "none") + runs_of(tmp_path / "single")


def test_rows_are_followed_by_label_and_number(tmp_path):
    columns = [Column("word", [f"word {row}" for row in range(30)])]
    recording = Recorder(tmp_path, trajectory=["word 7", 3, np.int64(29)])
    recording.begin(0)
    for number, array in enumerate(moments(2)):
        recording.record(number, {"tokens": Layer(array, columns)})
    recording.finish()
    assert columns_of(tmp_path, "trajectory")["word"] == [f"word {row}" for row in (7, 7, 3, 3, 29, 29)]


@pytest.mark.parametrize("row", ["nobody", 30, -1])
def test_rows_that_are_not_there_are_told_with_the_first_moment(tmp_path, row):
    with pytest.raises(InvalidInputError, match=r"there is no row .* for the trajectory in 'tokens' \(30 rows\)"):
        recorded(tmp_path, moments(1), trajectory=[row])
    assert runs_of(tmp_path) == []


@pytest.mark.parametrize(
    "wrong", [{"trajectory": -1}, {"trajectory": "word"}, {"trajectory": [1.5]}, {"unit": "batch"}]
)
def test_wrong_options_are_told_at_once(tmp_path, wrong):
    with pytest.raises(InvalidInputError, match="trajectory|unit"):
        Recorder(tmp_path, **wrong)
