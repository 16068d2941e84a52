import hashlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources import standard_library
from projector_export.sources.standard_library import Recipe, read
from projector_export.sources.standard_library.corpus import docstrings_of, read_corpus, standard_library_folder
from projector_export.sources.standard_library.skip_gram import initial_vectors
from projector_export.sources.standard_library.tokenizer import END_OF_TEXT, train_tokenizer

EMAIL = Path(sysconfig.get_path("stdlib"), "email")
SMALL = Recipe(n_tokens=1500, n_dims=16, n_epochs=2, subsampling=1e-3)

DEFINITIONS = '''"""Module."""
import os
class Outer:
    """Class."""
    class Inner:
        """Inner class."""
        async def method(self):
            """Coroutine.

            Text.
                Indented.
            """
if os:
    def in_if():
        """In if."""
else:
    try:
        def in_try():
            "In try."
    except OSError:
        def in_handler():
            """In handler."""
    finally:
        with os:
            def in_with():
                """In with."""
match os:
    case 1:
        def in_case():
            """In case."""
def without():
    x = "no docstring"
def empty():
    """"""
'''


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


@pytest.fixture(scope="module")
def small():
    return read(SMALL, folder=EMAIL)


def test_docstrings_are_found_at_any_depth_in_their_order():
    assert list(docstrings_of(DEFINITIONS)) == [
        "Module.", "Class.", "Inner class.", "Coroutine.\n\nText.\n    Indented.", "In if.", "In try.", "In handler.",
        "In with.", "In case.",
    ]  # fmt: skip


def test_lone_surrogates_do_not_reach_the_tokenizer():
    assert list(docstrings_of('"""a\\ud800b"""')) == ["a?b"]


def test_files_are_read_in_order_without_tests_and_installed_packages(tmp_path, write):
    write("b.py", '"""B."""')
    write("a/c.py", '"""C."""')
    write("a/notes.txt", '"""No."""')
    for other in ("test", "tests", "idlelib/idle_test", "site-packages", "dist-packages", "a/__pycache__"):
        write(f"{other}/d.py", '"""D."""')
    write("_sysconfigdata__linux_.py", '"""Generated."""')
    corpus = read_corpus(tmp_path)
    assert corpus.docstrings == ("B.", "C.")
    assert corpus.sources == ('"""B."""', '"""C."""')
    assert corpus.n_skipped == 0


def test_files_that_cannot_be_decoded_or_parsed_are_skipped_and_counted(tmp_path, write):
    write("good.py", '"""Good."""')
    write("syntax.py", '"""Bad."""\nprint "no"')
    write("null.py", b'"""Bad."""\0')
    write("bytes.py", b'"""Bad \xff."""')
    write("cookie.py", '# coding: no-such-codec\n"""Bad."""')
    write("transform.py", '# coding: rot13\n"""Onq."""')
    write("deep.py", '"""Bad."""\nx = ' + "(" * 5000 + ")" * 5000)
    corpus = read_corpus(tmp_path)
    assert corpus.docstrings == ("Good.",)
    assert len(corpus.sources) == 1
    assert corpus.n_skipped == 6


def test_the_encoding_that_a_file_declares_is_used(tmp_path, write):
    write("latin.py", '# coding: latin-1\n"""Größe."""'.encode("latin-1"))
    write("marked.py", '"""Maß."""'.encode("utf-8-sig"))
    assert read_corpus(tmp_path).docstrings == ("Größe.", "Maß.")


def test_nothing_is_executed(tmp_path, write):
    write("evil.py", f'"""Doc."""\nopen({str(tmp_path / "trace")!r}, "w")\nraise SystemExit')
    read_corpus(tmp_path)
    assert not (tmp_path / "trace").exists()


def test_links_out_of_the_folder_are_not_followed(tmp_path, write):
    write("outside/secret.py", '"""Secret."""')
    write("inside/a.py", '"""A."""')
    try:
        (tmp_path / "inside/file.py").symlink_to(tmp_path / "outside/secret.py")
        (tmp_path / "inside/folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    except OSError:
        pytest.skip("this system does not let a test make links")
    assert read_corpus(tmp_path / "inside").docstrings == ("A.",)


def test_a_folder_without_sources_is_told(tmp_path, write):
    write("compiled.pyc", b"\0")
    with pytest.raises(NotFoundError, match=r"holds no Python source file .* \(0 files found, 0 of them skipped\)"):
        read(SMALL, folder=tmp_path)
    with pytest.raises(NotFoundError, match="holds no Python source file"):
        read(SMALL, folder=tmp_path / "absent")


def test_a_python_without_a_standard_library_on_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "python311.zip"))
    with pytest.raises(NotFoundError, match="zipped or embedded"):
        read(SMALL)


def test_without_a_folder_it_is_the_running_pythons_library():
    assert (standard_library_folder() / "ast.py").samefile(sysconfig.get_path("stdlib") + "/ast.py")


def test_what_a_reading_holds_fits_together(small):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(small.tokenizer_json)
    corpus = read_corpus(EMAIL)
    assert small.vectors.shape == (tokenizer.get_vocab_size(), 16) == (1500, 16)
    assert small.vectors.dtype == np.float32
    assert np.isfinite(small.vectors).all()
    expected = np.zeros(1500, dtype=np.int64)
    for text in corpus.docstrings:
        np.add.at(expected, [*tokenizer.encode(text).ids, tokenizer.token_to_id(END_OF_TEXT)], 1)
    np.testing.assert_array_equal(small.counts, expected)
    assert small.counts.dtype == np.int64
    assert small.n_training_tokens == expected.sum()
    assert small.n_never_seen == (expected == 0).sum() > 200
    assert (small.n_files, small.n_docstrings, small.n_skipped) == (len(corpus.sources), len(corpus.docstrings), 0)
    assert small.recipe == SMALL
    assert set(small.versions) == {"python", "numpy", "tokenizers"}


def test_the_tokenizer_spells_any_text_and_gives_it_back(small):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(small.tokenizer_json)
    text = " naïve\t\n\u200b\x00 日本 <|x|> "
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_tokens_never_seen_keep_their_initial_vectors_and_the_others_do_not(small):
    initial = initial_vectors(np.random.default_rng(SMALL.seed), 1500, 16)
    kept = (small.vectors == initial).all(axis=1)
    np.testing.assert_array_equal(kept, small.counts == 0)


def test_a_small_corpus_gives_the_tokens_that_it_has(tmp_path, write):
    write("a.py", '"""One word."""')
    vocabulary = read(Recipe(n_tokens=5000, n_dims=4), folder=tmp_path)
    assert 257 < vocabulary.vectors.shape[0] < 300
    assert len(vocabulary.counts) == len(vocabulary.vectors)


def test_a_special_token_spelled_in_a_docstring_is_counted_as_the_end_of_a_text_only(tmp_path, write):
    write("a.py", f'"""Text {END_OF_TEXT} goes on."""')
    assert read(Recipe(n_tokens=300, n_dims=4), folder=tmp_path).counts[0] == 1


def test_the_same_recipe_gives_the_same_bytes(small):
    again = read(SMALL, folder=EMAIL)
    assert again.tokenizer_json == small.tokenizer_json
    assert again.vectors.tobytes() == small.vectors.tobytes()


def test_arrays_are_read_only(small):
    for array in (small.vectors, small.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_progress_names_each_stage_and_takes_it_to_its_end(small):
    reports = []
    read(SMALL, folder=EMAIL, progress=lambda stage, fraction: reports.append((stage, fraction)))
    stages = list(dict.fromkeys(stage for stage, _ in reports))
    assert stages == ["reading source files", "training the tokenizer", "tokenising docstrings", "training the vectors"]
    for name in stages:
        fractions = [fraction for stage, fraction in reports if stage == name]
        assert fractions == sorted(fractions)
        assert (fractions[0], fractions[-1]) == (0, 1)


def test_an_error_in_progress_stops_the_reading():
    def interrupt(stage, fraction):
        if stage == "training the tokenizer":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(SMALL, folder=EMAIL, progress=interrupt)


def test_an_error_of_the_tokenizers_training_comes_out():
    with pytest.raises(TypeError):
        train_tokenizer([b"bytes"], n_tokens=300)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n_tokens": 256}, "n_tokens has to be a whole number from 257 to 200,000, not 256"),
        ({"n_dims": 64.0}, "n_dims has to be a whole number from 2 to 1,024, not 64.0"),
        ({"window": 0}, "window has to be"),
        ({"n_negatives": 0}, "n_negatives has to be"),
        ({"n_epochs": True}, "n_epochs has to be"),
        ({"seed": -1}, "seed has to be"),
        ({"learning_rate": float("nan")}, "learning_rate has to be a number above 0 and at most 10, not nan"),
        ({"subsampling": 0}, "subsampling has to be a number above 0 and at most 1, not 0"),
        ({"subsampling": "1"}, "subsampling has to be"),
    ],
)
def test_a_recipe_out_of_range_is_refused(values, words):
    with pytest.raises(InvalidInputError, match=words):
        Recipe(**values)


def test_a_recipe_is_json():
    assert Recipe(**Recipe(seed=3).as_json()) == Recipe(seed=3)


PRINT_HASH = """
import hashlib, sys
from pathlib import Path
from projector_export.sources.standard_library import Recipe, read
vocabulary = read(Recipe(n_tokens=2000, n_epochs=1), folder=Path(sys.argv[1]))
print(hashlib.sha256(vocabulary.vectors.tobytes() + vocabulary.tokenizer_json.encode()).hexdigest())
"""


@pytest.mark.heavy
def test_the_number_of_threads_changes_nothing():
    hashes = set()
    for count in ("1", "2", "4"):
        threads = dict.fromkeys(
            ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), count
        )
        command = [sys.executable, "-c", PRINT_HASH, str(EMAIL)]
        hashes.add(subprocess.run(command, env={**os.environ, **threads}, capture_output=True, check=True).stdout)
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == hashlib.sha256().digest_size * 2


NEIGHBOURS = {
    " file": {" open", " opened", " files", " filename", " reading", " writing", "file"},
    " list": {" tuple", " tuples", " lists", " dict", " sequence"},
    " archive": {" zip", " tar", " Tar", " Zip", " gzip", "archive"},
    " integer": {" float", " integers", "integer", " number", " hex"},
    " year": {" month", " day", " days", " week"},
    " server": {" client", " request", " response", " connection", " HTTP", " SMTP"},
    " thread": {" threads", " lock", " daemon", " threading"},
    " encoding": {" decoding", "encoding", " codec", " charset", " encode"},
    " class": {" classes", " base", " abstract", " Abstract", "Base", " instances"},
    " error": {" exception", " errors", " occurs", " message"},
    " string": {" strings", " ASCII", " representation", " unicode", " hex", "string"},
}


@pytest.mark.heavy
def test_the_full_recipe_separates_never_seen_tokens_and_finds_sensible_neighbours():
    from tokenizers import Tokenizer

    vocabulary = standard_library.read()
    assert vocabulary.vectors.shape == (8000, 64)
    assert vocabulary.n_files > 400
    assert vocabulary.n_training_tokens > 200_000
    assert 500 < vocabulary.n_never_seen < 3000
    norms = np.linalg.norm(vocabulary.vectors, axis=1)
    seen = vocabulary.counts > 0
    assert norms[seen].min() > 10 * norms[~seen].max()

    tokenizer = Tokenizer.from_str(vocabulary.tokenizer_json)
    units = vocabulary.vectors / norms[:, None]
    sensible = []
    for word, expected in NEIGHBOURS.items():
        (token,) = tokenizer.encode(word).ids
        nearest = np.argsort(-(units @ units[token]))[1:11]
        sensible.append(len(expected & {tokenizer.decode([row]) for row in nearest.tolist()}))
    assert min(sensible) >= 1, sensible
    assert np.mean(sensible) >= 2, sensible
