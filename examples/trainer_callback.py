"""The vocabulary of a small language model while Hugging Face's Trainer trains it, every ten steps.

Run:  python examples/trainer_callback.py [FOLDER]     (needs transformers, accelerate and torch)
See:  tensorboard --logdir FOLDER, tab Projector
"""

import sys
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)

from projector_export.transformers import ProjectorCallback

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/trainer")
texts = [
    f"the {animal} {verb} in the {place}"
    for animal in ("cat", "dog", "horse", "mouse")
    for verb in ("sleeps", "eats", "runs", "waits")
    for place in ("house", "garden", "field", "barn")
]

words = Tokenizer(models.WordLevel(unk_token="[UNK]"))
words.pre_tokenizer = pre_tokenizers.Whitespace()
words.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=["[PAD]", "[UNK]", "[MASK]"]))
tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]")
size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
trainer = Trainer(
    BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), **size)),
    TrainingArguments(
        output_dir=str(folder / "model"),
        num_train_epochs=10,
        per_device_train_batch_size=16,
        learning_rate=5e-3,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    ),
    train_dataset=[tokenizer(text) for text in texts],
    data_collator=DataCollatorForLanguageModeling(tokenizer),
    processing_class=tokenizer,
    callbacks=[ProjectorCallback(folder, every=10, unit="step")],
)
trainer.train()
print(f"tensorboard --logdir {folder}")
