"""An embedding inside a LightningModule, epoch by epoch: days of the week learn which day follows which.

Run:  python examples/lightning_callback.py [FOLDER]     (needs lightning)
See:  tensorboard --logdir FOLDER, tab Projector, run "trajectory", a click on the bookmark
"""

import sys

import lightning.pytorch as pl
import torch

from projector_export.lightning import ProjectorCallback

folder = sys.argv[1] if len(sys.argv) > 1 else "runs/lightning"
days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class NextDay(pl.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.days = torch.nn.Embedding(len(days), 8)
        self.following = torch.nn.Linear(8, len(days))

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        (today,) = batch
        return torch.nn.functional.cross_entropy(self.following(self.days(today)), (today + 1) % len(days))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 0.03)


torch.manual_seed(0)
batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randint(0, 7, (448,))), batch_size=32)
trainer = pl.Trainer(
    max_epochs=12,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    callbacks=[ProjectorCallback(folder, "days", labels=days)],
)
trainer.fit(NextDay(), batches)
print(f"tensorboard --logdir {folder}")
