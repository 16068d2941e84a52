import importlib

import pytest

from projector_export.errors import MissingExtraError
from projector_export.optional import EXTRAS, require, required_for


@pytest.mark.parametrize("package", sorted(EXTRAS))
def test_a_missing_package_is_turned_into_its_command(package):
    with (
        pytest.raises(MissingExtraError, match=rf"pip install 'projector-export\[{EXTRAS[package]}\]'"),
        required_for("this"),
    ):
        raise ModuleNotFoundError(name=package)


def test_packages_are_looked_for_without_importing_them():
    require("this", "json")
    with (
        pytest.raises(MissingExtraError, match=r"that needs the package 'umap'"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("projector_export.optional.find_spec", lambda name: None)
        require("that", "umap")


def test_an_extra_that_brings_all_can_be_named():
    with (
        pytest.raises(MissingExtraError, match=r"texts needs the package 'torch': .*projector-export\[texts\]"),
        required_for("texts", extra="texts"),
    ):
        raise ModuleNotFoundError(name="torch")
    with pytest.raises(ModuleNotFoundError, match="not_ours"), required_for("texts", extra="texts"):
        raise ModuleNotFoundError("not_ours", name="not_ours")


def test_a_package_that_is_there_and_broken_shows_its_own_error():
    with pytest.raises(ModuleNotFoundError, match="inner"), required_for("this"):
        raise ModuleNotFoundError("inner", name="torch.inner")
    with pytest.raises(ModuleNotFoundError, match="unknown_package_here"), required_for("this"):
        importlib.import_module("unknown_package_here")
