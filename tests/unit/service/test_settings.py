import os

import pytest
from pydantic import ValidationError

from crnn.batch.engines.cpu_count import available_cores
from service.settings import UnknownSetting, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in list(os.environ):
        if name.startswith("OCR_"):
            monkeypatch.delenv(name)


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("OCR_PORT", "9001")
    assert load_settings().port == 9001


def test_an_unknown_name_stops_the_start(monkeypatch):
    monkeypatch.setenv("OCR_PROT", "9001")
    with pytest.raises(UnknownSetting, match="OCR_PROT"):
        load_settings()


def test_a_value_out_of_range_stops_the_start(monkeypatch):
    monkeypatch.setenv("OCR_QUEUE_SIZE", "0")
    with pytest.raises(ValidationError):
        load_settings()


@pytest.mark.parametrize(
    ("quota", "cores"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None)]
)
def test_threads_follow_the_containers_quota(tmp_path, quota, cores):
    (tmp_path / "cpu.max").write_text(quota)
    assert available_cores(tmp_path / "cpu.max") == (cores or len(os.sched_getaffinity(0)))
