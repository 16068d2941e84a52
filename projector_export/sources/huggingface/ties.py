"""Whether a model's input and output table are one, as transformers decides it.

``PreTrainedModel.tie_weights`` and ``save_pretrained``: tied weights are saved once; where both are in the files and
differ, they are not tied whatever the configuration says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["has_output_table", "tie_flag"]

_NESTED = ("text_config", "llm_config", "language_config", "decoder", "thinker_config")
_NO_OUTPUT = re.compile(
    r"(?<!LMHead)(?<!DoubleHeads)Model$|For(Sequence|Token|Image|Audio|Video)?Classification$|ForQuestionAnswering"
    r"|ForMultipleChoice|ForNextSentencePrediction|ForRetrieval|ForTextEncoding|Encoder$|Reranker$"
)


def tie_flag(config: Mapping[str, object]) -> bool | None:
    """Return what ``config.json`` says about tying, ``None`` if nothing.

    The text part's own word counts more than the whole model's; ``weight_tying`` is OLMo's spelling.
    """
    thinker = config.get("thinker_config")
    places = [config.get(key) for key in _NESTED]
    if isinstance(thinker, Mapping):
        places.insert(0, thinker.get("text_config"))
    for place in [*places, config]:
        if isinstance(place, Mapping):
            for key in ("tie_word_embeddings", "weight_tying"):
                if isinstance(place.get(key), bool):
                    return bool(place[key])
    return None


def has_output_table(config: Mapping[str, object]) -> bool:
    """Return whether the class that was saved predicts tokens at all: ``BertModel`` does not, ``BertForMaskedLM`` does.

    A configuration without a class gets the benefit of the doubt.
    """
    classes = config.get("architectures")
    if not isinstance(classes, list) or not classes:
        return True
    return any(not _NO_OUTPUT.search(name) for name in classes if isinstance(name, str))
