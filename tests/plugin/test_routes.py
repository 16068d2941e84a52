"""The dashboard's routes, asked without a browser."""

import os
import shutil

import numpy as np
import pytest
from dashboard_exports import N_ROWS, vocabulary, write_findings, write_run
from plugin_dashboard import Dashboard

import projector_export
from projector_export.options import ViewerLimits
from projector_export.plugin.routes import MAX_PAGE

THIS = {"run": ".", "name": "tokens"}
OTHER = {"run": "second", "name": "tokens"}


def test_all_exports_are_listed_and_described(dashboard):
    listed = dashboard.get("exports")
    assert [(each["run"], each["name"], each["rows"], each["dimensions"]) for each in listed["exports"]] == [
        (".", "tokens", N_ROWS, 8),
        ("second", "tokens", N_ROWS, 8),
    ]
    assert listed["problems"] == []
    described = dashboard.get("description", **THIS)
    assert described["label"] == "token"
    assert [(column["name"], column["type"]) for column in described["columns"]] == [
        ("token", "text"), ("id", "number"), ("kind", "category"), ("score", "number"), ("norm", "number"),
    ]  # fmt: skip
    assert described["layouts"] == [
        {"name": "flat", "method": "umap", "components": 2},
        {"name": "deep", "method": "pca", "components": 3},
    ]
    assert (described["findings"], described["problem"]) == (None, "")


def test_columns_and_layouts_are_those_of_the_table(dashboard):
    table = vocabulary(seed=1)
    assert np.array_equal(
        dashboard.numbers("numbers", column="score", **THIS), table.column("score").values.astype("<f4")
    )
    kinds = next(c["values"] for c in dashboard.get("description", **THIS)["columns"] if c["name"] == "kind")
    codes = dashboard.numbers("codes", "u1", column="kind", **THIS)
    assert [kinds[code] for code in codes] == list(table.column("kind").values)
    for layout in table.layouts:
        assert np.array_equal(
            dashboard.numbers("layout", layout=layout.name, **THIS).reshape(N_ROWS, -1), layout.coordinates
        )
    pages = [dashboard.get("texts", column="token", start=start, count=250, **THIS) for start in (0, 250, 500)]
    assert [page["start"] for page in pages] == [0, 250, 500]
    texts = [text for page in pages for text in page["texts"]]
    assert len(texts) == N_ROWS
    assert texts[-1] == table.column("token").values[-1]


def test_large_whole_numbers_stay_exact(tmp_path):
    from projector_export import Column, EmbeddingTable

    numbers = 2**24 + 1 + np.arange(5)
    table = EmbeddingTable.from_array(
        np.eye(5, dtype=np.float32), name="tokens", columns=[Column("token", list("abcde")), Column("count", numbers)]
    )
    write_run(tmp_path, None, table=table)
    dashboard = Dashboard(tmp_path)
    assert np.array_equal(dashboard.numbers("numbers", "<f8", column="count", **THIS), numbers)
    columns = {column["name"]: column for column in dashboard.get("description", **THIS)["columns"]}
    assert columns["count"]["bytes"] == 8
    assert np.allclose(dashboard.numbers("numbers", column="norm", **THIS), 1), "a norm is there even without a column"


def test_findings_are_passed_on(dashboard):
    found = dashboard.get("description", **OTHER)["findings"]
    assert len(found["candidates"]) == 20
    assert found["dead"]["near_duplicates"] == [[6, 7, 8]]
    assert found["indicators"][0]["name"] == "score"
    figures = dashboard.get("description", **OTHER)["figures"]
    assert {"title", "value", "meaning"} == set(figures[0])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ((b'"schema_version": 1', b'"schema_version": 2'), "findings of version 2, and this program reads version 1"),
        ((b'"candidates"', b'"candy"'), "holds no findings"),
        ((b'"n_rows": 600', b'"n_rows": 601'), "is about 601 rows and the tensor has 600"),
        ((b'"health": {', b'"health": 7, "x": {'), "holds figures that are none"),
    ],
)
def test_findings_that_cannot_be_read_are_a_sentence_beside_the_table(dashboard, damage, words):
    folder = next((dashboard.logdir / "second").glob("*/findings.json")).parent
    write_findings(folder, damage=damage)
    described = dashboard.get("description", **OTHER)
    assert described["findings"] is None
    assert words in described["problem"]
    assert described["rows"] == N_ROWS


def test_neighbours_are_exact(dashboard):
    found = dashboard.get("neighbours", row=5, count=3, **THIS)
    table = vocabulary(seed=1)
    vectors = table.vectors.read(0, N_ROWS).astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = [row for row in np.argsort(-(vectors @ vectors[5])) if row != 5][:3]
    assert found["rows"] == expected
    assert np.allclose(found["similarities"], vectors[expected] @ vectors[5])


def test_comparison_names_what_moved(dashboard):
    found = dashboard.get("comparison", column="score", count=10, other_run="second", other_name="tokens", **THIS)
    assert (found["shared"], found["only_here"], found["only_there"]) == (N_ROWS, 0, 0)
    moves = [abs(each["rank"] - each["other_rank"]) for each in found["moved"]]
    assert len(moves) == 10
    assert moves == sorted(moves, reverse=True)
    first = found["moved"][0]
    assert first["value"] == pytest.approx(float(vocabulary(seed=1).column("score").values[first["row"]]), rel=1e-6)


def test_the_projector_is_given_its_own_files(dashboard):
    (config,) = dashboard.get("projector_config", **THIS)["embeddings"]
    assert (config["tensorName"], config["tensorShape"]) == ("tokens", [N_ROWS, 8])
    assert config["tensorPath"].endswith("#.bytes")
    folder = next(dashboard.logdir.glob("*/manifest.json")).parent
    files = {"tensor": "vectors.ckpt.data-00000-of-00001", "metadata": "metadata.tsv", "bookmarks": "bookmarks.json"}
    for file, name in files.items():
        assert f"&file={file}" in config[f"{file}Path"]
        assert dashboard.get("projector_file", file=file, **THIS) == (folder / name).read_bytes()


def test_the_projector_is_not_offered_a_choice_of_the_rows(tmp_path):
    projector_export.write(vocabulary(), tmp_path, limits=ViewerLimits(max_rows=100))
    dashboard = Dashboard(tmp_path)
    assert dashboard.get("description", **THIS)["has_projector"] is False
    assert "a choice of the rows" in dashboard.refusal("projector_config", **THIS)[1]


@pytest.mark.parametrize(
    "path", ["tokens/../projector_config.pbtxt", "tokens/sub/x", "other/metadata.tsv", "tokens/none"]
)
def test_the_projector_is_given_nothing_else(dashboard, path):
    config = dashboard.logdir / "projector_config.pbtxt"
    config.write_text(config.read_text().replace("tokens/metadata.tsv", path))
    assert dashboard.refusal("projector_file", file="metadata", **THIS)[0] == 404
    assert dashboard.refusal("projector_file", file="manifest", **THIS)[0] == 404


def test_runs_that_appear_and_exports_that_are_replaced(dashboard):
    write_run(dashboard.logdir, "third", seed=3)
    assert len(dashboard.get("exports")["exports"]) == 2
    dashboard.runs.append("third")
    assert len(dashboard.get("exports")["exports"]) == 3
    stamp = dashboard.get("description", **OTHER)["stamp"]
    write_run(dashboard.logdir, "second", table=vocabulary(seed=4, n_rows=300))
    status, sentence = dashboard.refusal("numbers", column="norm", stamp=stamp, **OTHER)
    assert (status, "was exported again meanwhile" in sentence) == (404, True)
    assert dashboard.get("description", **OTHER)["rows"] == 300


@pytest.mark.parametrize(
    ("route", "query", "status", "words"),
    [
        ("description", {}, 400, "does not say which run"),
        ("description", {"run": "."}, 400, "does not say which name"),
        ("description", {"run": "../..", "name": "tokens"}, 404, "no export named 'tokens' in the run '../..'"),
        ("description", {"run": "/etc", "name": "passwd"}, 404, "no export named"),
        ("description", {"run": ".", "name": "tokens/../../x"}, 404, "no export named"),
        ("numbers", {**THIS, "column": "../manifest.json"}, 404, "no column"),
        ("numbers", {**THIS, "column": "token"}, 400, "holds texts, not numbers"),
        ("codes", {**THIS, "column": "norm"}, 400, "does not hold a few distinct texts"),
        ("texts", {**THIS, "column": "norm"}, 400, "holds numbers, not texts"),
        ("texts", {**THIS, "column": "token", "start": "-1"}, 400, "start is a whole number"),
        ("texts", {**THIS, "column": "token", "count": str(MAX_PAGE + 1)}, 400, "from 0 to 20,000"),
        ("texts", {**THIS, "column": "token", "start": "9" * 5000}, 400, "start is a whole number"),
        ("texts", {**THIS, "column": "token", "start": "\u0663"}, 400, "start is a whole number"),
        ("layout", {**THIS, "layout": "../../etc/passwd"}, 404, "no layout"),
        ("neighbours", {**THIS}, 400, "row is a whole number"),
        ("neighbours", {**THIS, "row": "600"}, 400, "there is no row 600"),
        ("neighbours", {**THIS, "row": "1", "count": "1e9"}, 400, "count is a whole number"),
        ("comparison", {**THIS, "column": "norm"}, 400, "does not say which other_run"),
        ("projector_file", {**THIS, "file": "../../etc/passwd"}, 404, "no such file for the projector"),
        ("projector_file", {**THIS, "file": "manifest.json"}, 404, "no such file for the projector"),
        ("projector_file", {**THIS}, 400, "does not say which file"),
        ("comparison", {**THIS, "column": "norm", "other_run": "x", "other_name": "y"}, 404, "no export named"),
    ],
)  # fmt: skip
def test_bad_requests_are_answered_with_a_sentence(dashboard, route, query, status, words):
    found, sentence = dashboard.refusal(route, **query)
    assert found == status
    assert words in sentence


def test_only_reading(dashboard):
    reply = dashboard.reply("exports", method="POST")
    assert reply.status_code == 405
    assert dashboard.reply("exports", method="HEAD").status_code == 200


def test_every_reply_has_a_type_and_is_never_sniffed(dashboard):
    queries = {"column": "norm", "layout": "flat", "row": 1, "other_run": "second", "other_name": "tokens"}
    queries["file"] = "tensor"
    for route in dashboard.apps:
        reply = dashboard.reply(route[1:], **THIS, **({**queries, "column": "kind"} if route == "/codes" else queries))
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.content_type
        if reply.mimetype == "text/html":
            assert "default-src 'self'" in reply.headers["Content-Security-Policy"]


def outside(dashboard, tmp_path):
    """Return a folder beside the logdir that holds an export."""
    return write_run(tmp_path / "elsewhere", None, seed=9)


@pytest.mark.parametrize("file", ["metadata.tsv", "vectors.ckpt.data-00000-of-00001", "manifest.json", "findings.json"])
def test_links_that_lead_out_of_the_logdir_are_refused(dashboard, tmp_path, file):
    folder = next((dashboard.logdir / "second").glob("*/findings.json")).parent
    target = outside(dashboard, tmp_path) / file
    target.touch()
    (folder / file).unlink()
    (folder / file).symlink_to(target)
    listed = dashboard.get("exports")
    assert [each["run"] for each in listed["exports"]] == ["."]
    assert f"{file} leads to a place outside the logdir" in listed["problems"][0]
    assert dashboard.refusal("description", **OTHER)[0] == 404


def test_a_run_or_a_tensor_that_is_a_link_outside_is_refused(dashboard, tmp_path):
    folder = outside(dashboard, tmp_path)
    shutil.copytree(dashboard.logdir / "second", dashboard.logdir / "third")
    inner = next((dashboard.logdir / "third").glob("*/manifest.json")).parent
    shutil.rmtree(inner)
    inner.symlink_to(folder, target_is_directory=True)
    (dashboard.logdir / "fourth").symlink_to(folder.parent, target_is_directory=True)
    dashboard.runs += ["third", "fourth", "../elsewhere"]
    listed = dashboard.get("exports")
    assert [each["run"] for each in listed["exports"]] == [".", "second"]
    assert len(listed["problems"]) == 3
    assert all("outside the logdir" in each for each in listed["problems"])


def test_configs_that_name_other_folders(dashboard, tmp_path):
    folder = outside(dashboard, tmp_path)
    config = dashboard.logdir / "second" / "projector_config.pbtxt"
    for path in (f"{folder}/x", "../../elsewhere/tokens/x", "../second/x", "/x", "x", "..", "./x"):
        config.write_text(f'embeddings {{ tensor_name: "tokens" tensor_path: "{path}" }}')
        assert [each["run"] for each in dashboard.get("exports")["exports"]] == ["."]


def test_half_written_and_damaged_exports_are_sentences(dashboard):
    folder = next((dashboard.logdir / "second").glob("*/manifest.json")).parent
    data = folder / "vectors.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-4])
    status, sentence = dashboard.refusal("description", **OTHER)
    assert (status, "export that tensor again" in sentence) == (400, True)
    (folder / "manifest.json").write_text('{"tool": "projector_export"')
    assert "is no manifest of an export" in dashboard.get("exports")["problems"][0]
    (dashboard.logdir / "second" / "projector_config.pbtxt").write_text("embeddings {")
    assert "cannot be read by TensorBoard" in dashboard.get("exports")["problems"][0]
    shutil.rmtree(dashboard.logdir / "second")
    assert dashboard.get("exports")["problems"] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_stop_the_server(dashboard):
    folder = next((dashboard.logdir / "second").glob("*/metadata.tsv")).parent
    (folder / "metadata.tsv").unlink()
    os.mkfifo(folder / "metadata.tsv")
    assert "is no file" in dashboard.get("exports")["problems"][0]


def test_it_is_active_once_there_is_an_export(tmp_path):
    (tmp_path / "logs").mkdir()
    dashboard = Dashboard(tmp_path / "logs", "second")
    assert not dashboard.plugin.is_active()
    (tmp_path / "logs" / "projector_config.pbtxt").write_text("embeddings {")
    assert not dashboard.plugin.is_active()
    write_run(tmp_path / "logs", "second")
    assert dashboard.plugin.is_active()


def test_without_a_logdir_there_is_nothing_to_show():
    dashboard = Dashboard("")
    assert not dashboard.plugin.is_active()
    assert dashboard.get("exports") == {"exports": [], "problems": []}


def test_hostile_texts_travel_as_data(dashboard):
    page = dashboard.reply("texts", column="token", count=600, **THIS)
    assert page.data.isascii()
    texts = page.json["texts"]
    assert "<script>window.pwned = 1</script>" in texts
    assert not any(control in text for text in texts for control in "\t\n\r\0\u2028")
