"""Pictures at the points: the handwritten digits of scikit-learn, each drawn where its vector lies.

Run:  python examples/thumbnails.py [LOGDIR]    (needs scikit-learn: pip install 'projector-export[mds]')
"""

import sys

from sklearn.datasets import load_digits

import projector_export

logdir = sys.argv[1] if len(sys.argv) > 1 else "runs"
digits = load_digits()

(written,) = projector_export.export(
    digits.data,
    logdir,
    name="digits",
    labels=[f"a {digit}" for digit in digits.target],
    images=digits.images / 16,  # floating numbers from 0 to 1; files, a folder, Pillow images do as well
)
print(f"{written.shape[0]:,} digits in {written.folder}")
