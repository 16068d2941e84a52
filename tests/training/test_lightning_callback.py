"""Lightning, under both of its names: every export is the embedding as it was."""

import subprocess
import sys

import numpy as np
import pytest
from recorded_runs import assert_is, assert_no_fault, columns_of, runs_of, values_of

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module", params=["lightning.pytorch", "pytorch_lightning"])
def lightning(request):
    return pytest.importorskip(request.param)


@pytest.fixture
def projector(lightning, monkeypatch):
    """The callback as it is for whoever has imported this Lightning."""
    import importlib

    import projector_export.lightning as door

    return importlib.reload(door).ProjectorCallback


def data():
    import torch

    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(0, 20, (32, 5), generator=generator)
    pairs = torch.utils.data.TensorDataset(rows, rows.float().mean(1))
    return torch.utils.data.DataLoader(pairs, batch_size=8)


def module_of(lightning, **embeddings):
    import torch

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.inputs = torch.nn.ModuleDict(embeddings)
            self.out = torch.nn.LazyLinear(1)

        def training_step(self, batch, _):
            rows, target = batch
            pooled = torch.cat([each(rows).mean(1) for each in self.inputs.values()] or [rows.float()], 1)
            return ((self.out(pooled).squeeze(-1) - target) ** 2).mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    model = Model()
    with torch.no_grad():
        model.training_step(next(iter(data())), 0)
    return model


def words():
    import torch

    return torch.nn.Embedding(20, 6)


class Kept:
    """The weights after each epoch and step, by the name of their run."""

    def __init__(self, lightning):
        tables = self.tables = {}

        def keep(module, name):
            tables[name] = module.inputs["words"].weight.detach().numpy().copy()

        class Keep(lightning.Callback):
            def on_train_start(self, trainer, pl_module):
                keep(pl_module, f"epoch-{trainer.current_epoch:03}")
                keep(pl_module, f"step-{trainer.global_step:07}")

            def on_train_batch_end(self, trainer, pl_module, *_):
                keep(pl_module, f"step-{trainer.global_step:07}")

            def on_train_epoch_end(self, trainer, pl_module):
                keep(pl_module, f"epoch-{trainer.current_epoch + 1:03}")

        self.callback = Keep()


def trainer_of(lightning, callbacks, **options):
    settings = {"max_epochs": 3, "logger": False, "enable_checkpointing": False, **options}
    return lightning.Trainer(
        accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, callbacks=callbacks, **settings
    )


def test_every_epoch_is_the_embedding_as_it_was(lightning, projector, tmp_path):
    kept = Kept(lightning)
    labels = [f"word {row}" for row in range(20)]
    callback = projector(tmp_path, "words", labels, trajectory=["word 3"])
    trainer_of(lightning, [kept.callback, callback]).fit(module_of(lightning, words=words()), data())
    runs = [f"epoch-{number:03}" for number in range(4)]
    assert runs_of(tmp_path) == [*runs, "trajectory"]
    for run in runs:
        assert_is(values_of(tmp_path, run), kept.tables[run])
    assert not np.array_equal(kept.tables["epoch-000"], kept.tables["epoch-003"])
    assert columns_of(tmp_path, "trajectory")["token"] == ["word 3"] * 4
    assert_no_fault(tmp_path)


def test_steps_are_those_of_the_optimizer(lightning, projector, tmp_path):
    kept = Kept(lightning)
    callbacks = [kept.callback, projector(tmp_path, every=3, unit="step")]
    trainer_of(lightning, callbacks, accumulate_grad_batches=2).fit(module_of(lightning, words=words()), data())
    runs = [f"step-{number:07}" for number in (0, 3, 6)]
    assert runs_of(tmp_path) == [*runs, "trajectory"]
    for run in runs:
        assert_is(values_of(tmp_path, run), kept.tables[run])


def test_the_loggers_folder_is_used_where_none_is_named(lightning, projector, tmp_path):
    logger = lightning.loggers.CSVLogger(tmp_path)
    trainer = trainer_of(lightning, projector(), logger=logger, max_epochs=1)
    trainer.fit(module_of(lightning, words=words()), data())
    assert runs_of(tmp_path / "lightning_logs" / "version_0") == ["epoch-000", "epoch-001", "trajectory"]
    with pytest.raises(InvalidInputError, match=r"as in ProjectorCallback\('runs/1'\)"):
        trainer_of(lightning, [projector()], default_root_dir=None, logger=logger_without_folder(lightning)).fit(
            module_of(lightning, words=words()), data()
        )


def logger_without_folder(lightning):
    class Silent(lightning.loggers.logger.DummyLogger):
        @property
        def log_dir(self):
            return None

    return Silent()


def test_embeddings_have_to_be_told_apart(lightning, projector, tmp_path):
    import torch

    made = {"words": words(), "places": torch.nn.Embedding(20, 4)}
    with pytest.raises(
        AmbiguousChoiceError, match=r"2 embedding layers \('inputs.words', 'inputs.places'\).* module='inputs.words'"
    ):
        trainer_of(lightning, [projector(tmp_path / "no")]).fit(module_of(lightning, **made), data())
    with pytest.raises(NotFoundError, match="Model has no embedding layer, so that"):
        trainer_of(lightning, [projector(tmp_path / "no")]).fit(module_of(lightning), data())
    trainer_of(lightning, [projector(tmp_path / "yes", ["words", "places"])]).fit(module_of(lightning, **made), data())
    assert values_of(tmp_path / "yes", "epoch-003", "inputs.places").shape == (20, 4)
    assert_no_fault(tmp_path / "yes")


@pytest.mark.parametrize("n_steps", [3, 4])
def test_a_resumed_training_goes_on(lightning, projector, tmp_path, n_steps):
    """From the end of an epoch, and from inside one, whose beginning stays what it was."""
    logdir = tmp_path / "runs"
    keep = lightning.callbacks.ModelCheckpoint(tmp_path, filename="kept", every_n_train_steps=n_steps, save_top_k=-1)
    callbacks = [projector(logdir), keep]
    first = trainer_of(lightning, callbacks, max_epochs=1, enable_checkpointing=True)
    first.fit(module_of(lightning, words=words()), data())
    before = {run: values_of(logdir, run) for run in ("epoch-000", "epoch-001")}
    again = trainer_of(lightning, [projector(logdir)])
    again.fit(module_of(lightning, words=words()), data(), ckpt_path=tmp_path / "kept.ckpt")
    assert runs_of(logdir) == [*(f"epoch-{number:03}" for number in range(4)), "trajectory"]
    assert_is(values_of(logdir, "epoch-000"), before["epoch-000"])


def test_what_was_recorded_is_written_when_a_training_fails(lightning, projector, tmp_path):
    class Fail(lightning.Callback):
        def on_train_epoch_end(self, trainer, *_):
            if trainer.current_epoch == 1:
                raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        trainer_of(lightning, [projector(tmp_path), Fail()]).fit(module_of(lightning, words=words()), data())
    assert runs_of(tmp_path) == ["epoch-000", "epoch-001", "epoch-002"]
    assert_no_fault(tmp_path)


def test_the_first_of_several_processes_writes(lightning, projector, tmp_path, monkeypatch):
    monkeypatch.setattr(lightning.Trainer, "is_global_zero", False)
    trainer_of(lightning, [projector(tmp_path / "runs")]).fit(module_of(lightning, words=words()), data())
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_the_door_takes_the_lightning_that_was_imported(package):
    pytest.importorskip(package)
    code = (
        f"import sys, {package} as chosen\n"
        "from projector_export.lightning import ProjectorCallback\n"
        "assert issubclass(ProjectorCallback, chosen.Callback)\n"
        f"print('lightning.pytorch' in sys.modules, 'pytorch_lightning' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [str(package == "lightning.pytorch"), str(package == "pytorch_lightning")]
