"""Who may import whom, held by a run in another process as well as by import-linter."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HEAVY = ("torch", "onnx", "crnn.train", "export", "matplotlib")
SERVES = (
    "charset",
    "crnn",
    "crnn.reader",
    "crnn.forms",
    "crnn.batch.form_pages",
    "crnn.lm",
    "crnn.output",
    "crnn.cli",
    "service.app",
)


@pytest.mark.parametrize("module", SERVES)
def test_what_serves_loads_nothing_that_trains(module):
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_serving_works_where_torch_cannot_be_imported():
    code = (
        "import sys\n"
        "for name in ('torch', 'onnx'): sys.modules[name] = None\n"
        "from service.settings import Settings\n"
        "from service.app import create_app\n"
        "from crnn.reader import Reader\n"
        "print('ok')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ok"


def test_crnn_itself_imports_nothing():
    assert "import" not in (ROOT / "crnn" / "__init__.py").read_text("utf-8")


def test_only_session_py_imports_onnxruntime_to_read():
    users = [path for path in _sources() if "onnxruntime" in _imports(path)]
    assert {path.relative_to(ROOT).as_posix() for path in users} == {
        "crnn/recognize/session.py",
        "export/activation_ranges.py",
        "export/to_int8.py",
    }


def test_a_pdf_is_opened_in_a_process_that_loads_nothing_of_this_project():
    found = _imports(ROOT / "crnn" / "inputs" / "pdf_child.py")
    assert found <= {*sys.stdlib_module_names, "pypdfium2"}


def test_import_linters_contracts_hold():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout


def _sources() -> list[Path]:
    return [
        p for top in ("charset", "crnn", "export", "service") for p in (ROOT / top).rglob("*.py")
    ]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
