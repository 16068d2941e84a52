"""Hugging Face's Trainer: every export is the model's input table as it was, spelled as its tokenizer spells it."""

import os
from types import SimpleNamespace

import numpy as np
import pytest
from recorded_runs import assert_is, assert_no_fault, columns_of, runs_of, values_of

from projector_export.errors import InvalidInputError

pytestmark = pytest.mark.heavy

TEXTS = ["the cat sat on the mat", "a dog ate the bone", "cats and dogs are pets"] * 8
N_ROWS = 300


@pytest.fixture(scope="module", autouse=True)
def quiet():
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=290, special_tokens=["<pad>"], initial_alphabet=alphabet)
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>")


def tiny_gpt2(dtype="float32"):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    configuration = GPT2Config(vocab_size=N_ROWS, n_positions=16, n_embd=12, n_layer=1, n_head=2)
    return GPT2LMHeadModel(configuration).to(getattr(torch, dtype))


def tiny_bert():
    import torch
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    configuration = BertConfig(
        vocab_size=N_ROWS, hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    return BertForMaskedLM(configuration)


class Kept:
    """The input table after each epoch and step, by the name of its run."""

    def __init__(self):
        from transformers import TrainerCallback

        def keep(model, unit, number):
            table = model.get_input_embeddings().weight
            self.tables[f"{unit}-{number:0{3 if unit == 'epoch' else 7}}"] = table.detach().float().numpy().copy()

        class Keep(TrainerCallback):
            def on_train_begin(self, _, state, *__, model, **___):
                keep(model, "epoch", round(state.epoch or 0))
                keep(model, "step", state.global_step)

            def on_epoch_end(self, _, state, *__, model, **___):
                keep(model, "epoch", round(state.epoch))

            def on_step_end(self, _, state, *__, model, **___):
                keep(model, "step", state.global_step)

        self.tables = {}
        self.callback = Keep()


def trained(folder, model, tokenizer, *callbacks, resume=None, **arguments):
    from transformers import Trainer, TrainingArguments

    data = [dict(tokenizer(text, padding="max_length", max_length=12, truncation=True)) for text in TEXTS]
    for each in data:
        each["labels"] = each["input_ids"]
        each.pop("token_type_ids", None)
    options = {"num_train_epochs": 3, "save_strategy": "no", **arguments}
    settings = TrainingArguments(
        output_dir=str(folder / "model"),
        use_cpu=True,
        per_device_train_batch_size=8,
        learning_rate=1e-2,
        report_to=[],
        disable_tqdm=True,
        **options,
    )
    trainer = Trainer(model, settings, train_dataset=data, processing_class=tokenizer, callbacks=list(callbacks))
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def projector(logdir, *arguments, **options):
    from projector_export.transformers import ProjectorCallback

    return ProjectorCallback(logdir, *arguments, **options)


@pytest.mark.parametrize("make", [tiny_gpt2, tiny_bert], ids=["gpt2", "bert"])
def test_every_epoch_is_the_table_as_it_was(tmp_path, tokenizer, make):
    kept, logdir = Kept(), tmp_path / "runs"
    trained(tmp_path, make(), tokenizer, kept.callback, projector(logdir))
    runs = [f"epoch-{number:03}" for number in range(4)]
    assert runs_of(logdir) == [*runs, "trajectory"]
    for run in runs:
        assert_is(values_of(logdir, run), kept.tables[run])
    assert not np.array_equal(kept.tables["epoch-000"], kept.tables["epoch-003"])
    found = columns_of(logdir, "epoch-003")
    assert found["token"][0] == "<pad>"
    assert found["kind"][0] == "special"
    assert "␣the" in found["token"]
    assert found["kind"][-1] == "beyond the tokenizer"
    assert len(set(columns_of(logdir, "trajectory")["token"])) > 100
    assert_no_fault(logdir)


def test_steps_and_chosen_tokens(tmp_path, tokenizer):
    kept, logdir = Kept(), tmp_path / "runs"
    options = {"every": 4, "unit": "step", "trajectory": ["␣the", " cat", 5]}
    trained(tmp_path, tiny_gpt2("bfloat16"), tokenizer, kept.callback, projector(logdir, **options), max_steps=7)
    runs = [f"step-{number:07}" for number in (0, 4, 7)]
    assert runs_of(logdir) == [*runs, "trajectory"]
    for run in runs:
        assert_is(values_of(logdir, run), kept.tables[run])
    assert columns_of(logdir, "trajectory")["token"][::3][:1] == ["␣the"]
    assert_no_fault(logdir)


def test_a_resumed_training_goes_on(tmp_path, tokenizer):
    kept, logdir = Kept(), tmp_path / "runs"
    trained(tmp_path, tiny_gpt2(), tokenizer, projector(logdir), num_train_epochs=2, save_strategy="epoch")
    last = max((tmp_path / "model").glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    trained(tmp_path, tiny_gpt2(), tokenizer, kept.callback, projector(logdir), num_train_epochs=4, resume=str(last))
    assert runs_of(logdir) == [*(f"epoch-{number:03}" for number in range(5)), "trajectory"]
    for run in ("epoch-002", "epoch-004"):
        assert_is(values_of(logdir, run), kept.tables[run])


def test_a_training_resumed_inside_an_epoch_keeps_what_was_recorded(tmp_path, tokenizer):
    logdir = tmp_path / "runs"
    trained(tmp_path, tiny_gpt2(), tokenizer, projector(logdir), save_strategy="steps", save_steps=4)
    before = values_of(logdir, "epoch-001")
    resume = str(tmp_path / "model" / "checkpoint-4")
    trained(tmp_path, tiny_gpt2(), tokenizer, projector(logdir, every=3), resume=resume)
    assert_is(values_of(logdir, "epoch-001"), before)
    again = tmp_path / "again"
    trained(tmp_path, tiny_gpt2(), tokenizer, projector(again, every=3), resume=resume)
    assert runs_of(again) == ["epoch-003"]


def test_an_epoch_cut_short_counts(tmp_path, tokenizer):
    trained(tmp_path, tiny_gpt2(), tokenizer, projector(tmp_path / "runs"), max_steps=4)
    assert runs_of(tmp_path / "runs") == ["epoch-000", "epoch-001", "epoch-002", "trajectory"]


def test_the_first_of_several_processes_writes(tmp_path):
    callback = projector(tmp_path / "runs")
    state = SimpleNamespace(epoch=0.0, global_step=0, is_world_process_zero=False)
    callback.on_train_begin(None, state, None, model=tiny_gpt2())
    state.epoch = 1.0
    callback.on_epoch_end(None, state, None, model=tiny_gpt2())
    callback.on_train_end(None, state, None, model=tiny_gpt2())
    assert not (tmp_path / "runs").exists()


def test_a_tokenizer_may_be_named_or_missing(tmp_path, tokenizer):
    from projector_export.sources.huggingface.tokenizer_columns import tokenizer_columns

    tokenizer.save_pretrained(tmp_path / "tokenizer")
    expected = [list(column.values) for column in tokenizer_columns(tokenizer, N_ROWS)]
    processor = SimpleNamespace(tokenizer=tokenizer)
    for given in (tmp_path / "tokenizer", tokenizer.backend_tokenizer, processor):
        found = tokenizer_columns(given, N_ROWS)
        assert [column.name for column in found] == ["token", "id", "kind", "text", "bytes", "length"]
        assert str([list(column.values) for column in found]) == str(expected)
    with pytest.raises(InvalidInputError, match="a list is no tokenizer"):
        tokenizer_columns(["the"], N_ROWS)
    callback = projector(tmp_path / "runs")
    state = SimpleNamespace(epoch=0.0, global_step=0, is_world_process_zero=True)
    callback.on_train_begin(None, state, None, model=tiny_gpt2())
    callback.on_train_end(None, state, None, model=tiny_gpt2())
    assert columns_of(tmp_path / "runs", "epoch-000")["token"][7] == "row 7"


def test_a_tokenizer_without_files_of_a_known_kind_names_its_own_entries():
    from transformers import ByT5Tokenizer

    from projector_export.sources.huggingface.tokenizer_columns import tokenizer_columns

    token = tokenizer_columns(ByT5Tokenizer(), 384)[0]
    assert list(token.values[:3]) == ["<pad>", "</s>", "<unk>"]
    assert token.values[3 + ord("a")] == "a"


def embedding_of(**attributes):
    import torch

    embedding = torch.nn.Embedding(5, 3)
    for name, value in attributes.items():
        setattr(embedding.weight, name, value)
    return embedding


def test_parts_of_a_table_are_refused():
    import torch

    from projector_export.training.torch_layers import layer_of

    with pytest.raises(InvalidInputError, match="DeepSpeed's ZeRO-3: train with stage 2"):
        layer_of(embedding_of(ds_id=3), "wte")
    flat = embedding_of()
    flat.weight = torch.nn.Parameter(torch.zeros(7))
    with pytest.raises(InvalidInputError, match=r"no table of rows and dimensions \(shape \[7\]\)"):
        layer_of(flat, "wte")
    adapted = embedding_of()
    adapted.lora_embedding_A = torch.nn.ParameterDict()
    with pytest.raises(InvalidInputError, match="trained by LoRA"):
        layer_of(adapted, "wte")


def test_a_distributed_table_is_gathered():
    import torch
    from torch.distributed.tensor import Shard, distribute_tensor, init_device_mesh

    from projector_export.training.torch_layers import layer_of

    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        embedding = torch.nn.Embedding(5, 3, dtype=torch.bfloat16)
        whole = embedding.weight.detach().float().numpy().copy()
        mesh = init_device_mesh("cpu", (1,))
        embedding.weight = torch.nn.Parameter(distribute_tensor(embedding.weight.data, mesh, [Shard(0)]))
        layer = layer_of(embedding, "wte")
        assert_is(layer.values, whole)
        assert layer.dtype == "bfloat16"
    finally:
        torch.distributed.destroy_process_group()
