"""Sizes, names and documents: what DESIGN asks of the house."""

import ast
import statistics
import tomllib
from pathlib import Path

import pytest

from crnn import cli
from service.settings import PREFIX, Settings
from tests.conftest import ROOT

TOPS = ("charset", "crnn", "export", "service")
FILES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))
FORBIDDEN_FILES = {"utils.py", "helpers.py", "common.py", "base.py"}
FORBIDDEN_NAMES = {"process", "handle"}


def functions():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path.relative_to(ROOT), node


def test_functions_are_small():
    lengths = [node.end_lineno - node.lineno + 1 for _, node in functions()]
    too_long = [(str(p), n.name) for p, n in functions() if n.end_lineno - n.lineno + 1 > 60]
    assert too_long == []
    assert statistics.median(lengths) <= 10
    assert sum(length < 30 for length in lengths) >= 0.9 * len(lengths)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_are_short_and_say_why_they_exist(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 300
    assert path.name not in FORBIDDEN_FILES
    assert ast.get_docstring(ast.parse(text)), "no module docstring"


def test_names_say_what_they_are():
    for path, node in functions():
        assert node.name not in FORBIDDEN_NAMES, (path, node.name)
        assert not node.name.startswith("get_") or node.name == "get_next", (path, node.name)


def test_no_pass_through_of_unnamed_arguments():
    for path, node in functions():
        if node.args.kwarg is not None:
            assert path.as_posix() == "export/to_onnx.py", (path, node.name)


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`{PREFIX}{name.upper()}`" in text, name


def test_every_command_and_option_is_documented():
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    commands = next(a for a in cli.parser()._actions if a.choices)
    for name, command in commands.choices.items():
        assert f"crnn-ocr {name}" in text
        for action in command._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}" in text, (name, option)


def test_every_route_is_documented():
    from service.app import GUARDED, OPEN, STREAMS

    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    for router in (*GUARDED, *OPEN, *STREAMS):
        for route in router.routes:
            method = next(iter(getattr(route, "methods", ["WS"])))
            assert f"`{method} {route.path}`" in text, route.path


def test_packages_are_listed_and_hold_no_weights():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        p.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for p in FILES
        if p.name == "__init__.py"
    }
    assert listed == found
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_the_top_of_the_house_holds_what_was_agreed():
    agreed = {
        *TOPS, "weights", "tests", "docs", "clients", "deploy", "examples", ".ci", ".git",
        "README.md", "README.zh-CN.md", "CHANGELOG.md", "RESULTS.md", "LICENSE", "Makefile",
        "Dockerfile", "docker-compose.yml", "pyproject.toml", ".gitignore", ".dockerignore",
        "NOTICE",
    }  # fmt: skip
    import subprocess

    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {Path(name).parts[0] for name in tracked} <= agreed


def test_the_wheel_holds_tables_and_recipes_and_neither_weights_nor_tests(tmp_path):
    import subprocess
    import sys
    import zipfile

    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "charset/tables/zh.txt",
        "charset/tables/DIGESTS",
        "crnn/train/data/fonts.toml",
    } <= names
    tables = [path.relative_to(ROOT).as_posix() for path in (ROOT / "crnn").rglob("*.toml")]
    assert set(tables) <= names
    assert {"crnn/train/recipes/zh.toml", "crnn/evaluate/report/template.html"} <= names
    web = {path.relative_to(ROOT).as_posix() for path in (ROOT / "service" / "web").rglob("*.*")}
    assert len(web) > 30
    assert web <= names
    assert "service/storage/migrations/versions/r0001_jobs.py" in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(TOPS)
