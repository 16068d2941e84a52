"""One sentence encoder seen from within: how the words of a few sentences move from layer to layer.

Run:  python examples/texts_layers.py MODEL [LOGDIR]     MODEL: Hub id or folder, as sentence-transformers/all-MiniLM-L6-v2
"""

import sys

import projector_export
from projector_export.options import Encoding, TextOptions

if len(sys.argv) < 2:
    sys.exit(__doc__)
sentences = [
    "He sat down on the bank of the river.",
    "The bank of the lake was muddy.",
    "She opened an account at the bank.",
    "The bank lends money at high interest.",
]
options = TextOptions(encoding=Encoding(granularity="word", layer="all"), name="banks")
logdir = sys.argv[2] if len(sys.argv) > 2 else "projector"
for written in projector_export.export_texts(sentences, sys.argv[1], logdir, options=options):
    print(written.name, written.shape)
