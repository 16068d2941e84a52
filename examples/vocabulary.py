"""A language model's vocabulary, with a step in between: how long are the vectors of each kind of token?

Run:  python examples/vocabulary.py MODEL [LOGDIR]     MODEL: Hub id, model folder or .safetensors file
"""

import sys

import numpy as np

import projector_export

if len(sys.argv) < 2:
    sys.exit(__doc__)
table = projector_export.read(sys.argv[1])
kinds = np.array(table.column("kind").values)
norms = np.asarray(table.column("norm").values)
for kind in np.unique(kinds):
    print(f"{kind:24} {np.count_nonzero(kinds == kind):7,}  mean norm {norms[kinds == kind].mean():.3f}")
projector_export.write(table, sys.argv[2] if len(sys.argv) > 2 else "projector")
