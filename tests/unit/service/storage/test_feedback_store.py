"""The store of feedback, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select

from crnn.errors import ImageTooLarge, NotAnImage
from crnn.evaluate.labelled_set import labelled
from crnn.inputs.image import ImageLimits
from service.errors import FeedbackUnknown, TooMany
from service.storage.database import Database
from service.storage.feedback_store import DAY_S, Correction, Feedback, picture
from service.storage.limits import FeedbackLimits
from service.storage.tables import feedback
from tests.conftest import drawn, png
from tests.unit.service.jobs.test_job_store import Clock, clock, database, postgres_url

__all__ = ["clock", "database", "postgres_url"]  # fixtures
LIMITS = FeedbackLimits(max_count=5, max_bytes=20_000, days=10)
SAID = Correction("1O", "10", "desk", "r-1", "zh", 0)


@pytest.fixture
def kept(database: Database, clock: Clock) -> Iterator[Feedback]:
    yield Feedback(database, LIMITS, clock)


def rows(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(feedback)).scalar_one()


def exported(found: Feedback, tenant: str | None) -> zipfile.ZipFile:
    file = io.BytesIO()
    found.export(tenant, file)
    return zipfile.ZipFile(file)


def test_what_was_said_comes_back_newest_first_page_by_page(kept, clock):
    ids = []
    for n in range(5):
        clock.now += n % 2  # some at the same moment
        ids.append(kept.add("a", Correction("x", str(n))).id)
    seen, after = [], ""
    while page := kept.listing("a", 2, after):
        seen += page
        after = page[-1].id
    assert sorted(one.id for one in seen) == sorted(ids)
    assert [one.created_at for one in seen] == sorted((s.created_at for s in seen), reverse=True)
    (newest,) = [one for one in seen if one.id == ids[4]]
    assert newest.correction == Correction("x", "4")


def test_nobody_sees_or_deletes_what_another_said(kept):
    mine, theirs = kept.add("a", SAID), kept.add("b", SAID)
    assert [one.id for one in kept.listing("a", 9)] == [mine.id]
    with pytest.raises(FeedbackUnknown):
        kept.remove("a", theirs.id)
    with pytest.raises(FeedbackUnknown):
        kept.listing("a", 9, theirs.id)
    kept.clear("a")
    assert kept.listing("a", 9) == []
    assert [one.id for one in kept.listing(None, 9)] == [theirs.id]
    kept.remove("b", theirs.id)
    with pytest.raises(FeedbackUnknown):
        kept.remove("b", theirs.id)


def test_count_and_bytes_of_each_caller_are_bounded(kept, database):
    with pytest.raises(TooMany, match="OCR_FEEDBACK_MAX_BYTES"):
        kept.add("a", SAID, bytes(20_000))
    for _ in range(5):
        kept.add("a", SAID, b"1" * 2000)
    with pytest.raises(TooMany, match="OCR_FEEDBACK_MAX_COUNT"):
        kept.add("a", SAID)
    kept.add("b", SAID)
    assert rows(database) == 6


def test_what_is_too_old_is_seen_no_more_and_then_swept_away(kept, clock, database):
    old = kept.add("a", SAID, b"png")
    clock.now += 9 * DAY_S
    young = kept.add("a", SAID)
    kept.sweep()
    assert rows(database) == 2
    clock.now += 2 * DAY_S
    assert [one.id for one in kept.listing("a", 9)] == [young.id]
    assert old.id not in "".join(exported(kept, "a").namelist())
    kept.sweep()
    assert rows(database) == 1


def test_the_export_is_a_folder_to_train_on(kept, tmp_path):
    shown = picture(png(drawn("12")), ImageLimits())
    with_picture = kept.add("a", Correction("1Z", " 12\t３ \n"), shown)
    kept.add("a", Correction("a", "b"))
    kept.add("a", Correction("a", " "), shown)
    kept.add("b", SAID, shown)
    archive = exported(kept, "a")
    archive.extractall(tmp_path)
    ((path, text),) = labelled(tmp_path)
    assert text == "12 3"
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), drawn("12"))
    told = [json.loads(row) for row in archive.read("feedback.jsonl").splitlines()]
    assert len(told) == 3
    assert {one["id"] for one in told} >= {with_picture.id}
    assert {one["corrected"] for one in told} == {" 12\t３ \n", "b", " "}
    assert len(list(labelled(tmp_path))) == 1


def test_a_picture_is_kept_as_pixels_and_nothing_else():
    ok, secret = cv2.imencode(".png", drawn("7"))
    assert ok
    from PIL import Image, PngImagePlugin

    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "the name of a patient")
    file = io.BytesIO()
    Image.fromarray(drawn("7")).save(file, "png", pnginfo=told)
    assert b"patient" in file.getvalue()
    cleaned = picture(file.getvalue(), ImageLimits())
    assert b"patient" not in cleaned
    seen = cv2.imdecode(np.frombuffer(cleaned, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(seen, drawn("7"))
    with pytest.raises(NotAnImage):
        picture(b"no image", ImageLimits())
    with pytest.raises(ImageTooLarge):
        picture(file.getvalue(), ImageLimits(max_bytes=10))


def test_nothing_is_made_before_the_first_correction(tmp_path):
    found = Feedback(Database(tmp_path / "data"), LIMITS)
    assert found.listing("a", 9) == []
    found.clear("a")
    with pytest.raises(FeedbackUnknown):
        found.remove("a", "x")
    assert exported(found, "a").read("labels.tsv") == b""
    assert not (tmp_path / "data").exists()
