"""PyTorch: ``add_embedding`` on a writer, with pictures and a step each epoch, and an embedding layer in one line.

Run:  python examples/pytorch.py [LOGDIR]     needs: pip install torch scikit-learn
See:  tensorboard --logdir LOGDIR, tab Projector: the tensors "digits:00000" to "digits:00002"; zoom in to see the digits
"""

import sys

import torch
from sklearn.datasets import load_digits

import projector_export
from projector_export.torch import SummaryWriter

logdir = sys.argv[1] if len(sys.argv) > 1 else "projector"
torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)
classes = torch.tensor(digits.target)
layers = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU())
head = torch.nn.Linear(32, 10)
optimizer = torch.optim.Adam([*layers.parameters(), *head.parameters()], 0.01)

with SummaryWriter(logdir) as writer:
    for epoch in range(3):
        hidden = layers(images.flatten(1))
        writer.add_embedding(
            hidden,
            metadata=[[f"image {row}", number] for row, number in enumerate(digits.target)],
            metadata_header=["image", "digit"],
            label_img=images[:, None],
            global_step=epoch,
            tag="digits",
        )
        for _ in range(20):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(head(layers(images.flatten(1))), classes)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}")

layer = torch.nn.Embedding(5, 8, padding_idx=0)
projector_export.export(layer, logdir, name="words", labels=["[pad]", "the", "of", "and", "to"])
