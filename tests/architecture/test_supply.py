"""What the container installs is pinned by version and digest, as pyproject.toml asks for it."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

LOCK = (ROOT / "deploy" / "requirements.lock").read_text("utf-8")
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[.*\])?==([^\s;\\]+)", re.MULTILINE)
EXTRAS = ("serve", "postgres", "redis", "otel")


def test_every_package_is_pinned_with_digests():
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) > 30
    for entry in entries:
        assert PINNED.match(entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_the_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in EXTRAS:
        wanted += project["optional-dependencies"][extra]
    locked: dict[str, set[str]] = {}
    for name, version in PINNED.findall(LOCK):
        locked.setdefault(canonicalize_name(name), set()).add(version)
    for one in map(Requirement, wanted):
        versions = locked[canonicalize_name(one.name)]
        assert all(one.specifier.contains(version) for version in versions), (str(one), versions)


def test_no_torch_is_locked():
    assert "torch" not in LOCK


def test_the_container_is_built_from_the_lock_on_a_base_that_can_be_pinned():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert "--require-hashes -r requirements.lock" in dockerfile
