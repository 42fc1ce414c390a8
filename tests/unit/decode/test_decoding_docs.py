"""docs/decoding.md: its examples run."""

import re

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "decoding.md").read_text("utf-8")


def test_the_python_examples_run(monkeypatch, tmp_path):
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)  # an example writes files
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        exec(block, {})
