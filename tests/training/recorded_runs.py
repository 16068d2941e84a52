"""What a training has left in a logdir."""

import numpy as np

from projector_export.checks import check
from projector_export.sources import own_export


def runs_of(logdir):
    """Return the names of all runs that hold an export, sorted."""
    return sorted(path.parent.name for path in logdir.glob("*/projector_config.pbtxt"))


def values_of(logdir, run, name=None):
    """Return the vectors of a run's tensor."""
    vectors = own_export.read(logdir / run, name).vectors
    return vectors.read(0, vectors.shape[0])


def columns_of(logdir, run, name=None):
    """Return the columns of a run's tensor by name."""
    return {column.name: list(column.values) for column in own_export.read(logdir / run, name).columns}


def assert_is(values, expected):
    """Check that values are those of a layer, bit by bit."""
    assert values.dtype == np.float32
    assert np.array_equal(values.view(np.uint32), np.asarray(expected, dtype=np.float32).view(np.uint32))


def assert_no_fault(logdir):
    """Check that the viewer shows all of it."""
    report = check(logdir)
    assert [str(finding) for finding in report.findings if finding.severity == "fault"] == []
    assert {tensor.run for tensor in report.tensors} == set(runs_of(logdir))
