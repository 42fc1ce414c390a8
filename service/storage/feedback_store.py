"""The store of feedback: what was read, what it should have said, and the picture where allowed.

A picture is kept only with consent, as grey pixels in a fresh PNG, so that nothing else that its
file said is kept. Texts and pictures are never logged.
"""

from __future__ import annotations

import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, Any

import cv2
from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, true

from charset import normalize
from crnn.evaluate.labelled_set import LABELS
from crnn.inputs.image import ImageLimits, grey_image
from service.errors import FeedbackUnknown, TooMany
from service.settings import Settings
from service.storage.database import Database
from service.storage.limits import FeedbackLimits
from service.storage.tables import feedback

ALL = "feedback.jsonl"
OVERHEAD_BYTES = 200
"""What a row takes beside its texts and its picture."""
SWEEP_S = 60.0
DAY_S = 86_400.0


@dataclass(frozen=True)
class Correction:
    """What a caller says of a reading. line: from 0, in the answer; model: as the answer said."""

    text: str
    corrected: str
    source: str = "api"
    request_id: str | None = None
    model: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class StoredCorrection:
    """A correction that is kept."""

    id: str
    created_at: float
    correction: Correction
    kept_image: bool


class Feedback:
    """The corrections of all tenants. Safe from any thread and from several processes."""

    def __init__(
        self,
        database: Database,
        limits: FeedbackLimits,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._limits, self._clock = database, limits, clock

    def add(
        self, tenant: str, correction: Correction, picture: bytes | None = None
    ) -> StoredCorrection:
        """Keep a correction. Raises: TooMany, StoreUnavailable, StorageFull."""
        size = OVERHEAD_BYTES + len(picture or b"")
        size += len((correction.text + correction.corrected).encode())
        now, new_id = self._clock(), uuid.uuid4().hex
        row = {"id": new_id, "tenant": tenant, "created_at": now, "image": picture, "bytes": size}
        with self._database.writing(must_last=True) as connection:
            asked = select(func.count(), func.coalesce(func.sum(feedback.c.bytes), 0))
            count, total = connection.execute(asked.where(self._of(tenant))).one()
            if count >= self._limits.max_count:
                limit = f"{self._limits.max_count} (OCR_FEEDBACK_MAX_COUNT)"
                raise TooMany(f"{count} corrections are kept; the limit is {limit}")
            if total + size > self._limits.max_bytes:
                limit = f"{self._limits.max_bytes} (OCR_FEEDBACK_MAX_BYTES)"
                raise TooMany(f"{total + size} bytes of corrections; the limit is {limit}")
            connection.execute(insert(feedback), row | asdict(correction))
        return StoredCorrection(new_id, now, correction, picture is not None)

    def listing(self, tenant: str | None, limit: int, after: str = "") -> list[StoredCorrection]:
        """Corrections from the newest on, or those that follow one. Raises: FeedbackUnknown."""
        if not self._database.is_there:
            if after:
                raise FeedbackUnknown(f"no feedback {after[:40]}")
            return []
        where = self._kept(tenant)
        columns = [column for column in feedback.c if column.name != "image"]
        asked: Select[Any] = select(*columns, feedback.c.image.is_not(None).label("kept_image"))
        with self._database.reading() as connection:
            if after:
                mine = and_(feedback.c.id == after, where)
                last = connection.execute(select(feedback.c.created_at).where(mine)).first()
                if last is None:
                    raise FeedbackUnknown(f"no feedback {after[:40]}")
                where = and_(where, _follows(last.created_at, after))
            order = (feedback.c.created_at.desc(), feedback.c.id.desc())
            rows = connection.execute(asked.where(where).order_by(*order).limit(limit)).all()
        return [_from_row(row) for row in rows]

    def remove(self, tenant: str | None, feedback_id: str) -> None:
        """Forget a correction. Raises: FeedbackUnknown."""
        gone = 0
        if self._database.is_there:
            mine = and_(feedback.c.id == feedback_id, self._kept(tenant))
            with self._database.writing(must_last=True) as connection:
                gone = connection.execute(delete(feedback).where(mine)).rowcount
        if not gone:
            raise FeedbackUnknown(f"no feedback {feedback_id[:40]}")
        self._database.forget_deleted()

    def clear(self, tenant: str | None) -> None:
        """Forget all of a tenant's corrections; everyone's where no tenant is named."""
        if self._database.is_there:
            with self._database.writing(must_last=True) as connection:
                connection.execute(delete(feedback).where(self._of(tenant)))
            self._database.forget_deleted()

    def export(self, tenant: str | None, file: IO[bytes]) -> int:
        """Write a zip of a labels.tsv folder and everything as JSON lines; how many are in it.

        Lines are those with a picture and a text. Raises: StoreUnavailable.
        """
        labels, message, count = [], [], 0
        with zipfile.ZipFile(file, "w") as archive:
            for kept, picture in self._pictures(tenant):
                name = f"images/{kept.id}.png" if picture is not None else None
                if picture is not None and name:
                    archive.writestr(name, picture)
                label = normalize(kept.correction.corrected)
                if name and label:
                    labels.append(f"{name}\t{label}\n")
                message.append(
                    json.dumps(_facts(kept) | {"image": name}, ensure_ascii=False) + "\n"
                )
                count += 1
            archive.writestr(LABELS, "".join(labels), zipfile.ZIP_DEFLATED)
            archive.writestr(ALL, "".join(message), zipfile.ZIP_DEFLATED)
        return count

    def _pictures(self, tenant: str | None) -> Iterator[tuple[StoredCorrection, bytes | None]]:
        """Corrections, the newest first, each with its picture, fetched when its turn comes."""
        after, more = "", True
        while more:
            try:
                result = self.listing(tenant, 100, after)
            except FeedbackUnknown:
                return  # the last one was deleted meanwhile, most often with all others
            for kept in result:
                asked = select(feedback.c.image).where(feedback.c.id == kept.id)
                with self._database.reading() as connection:
                    row = connection.execute(asked).first()
                if row is not None:
                    yield kept, None if row.image is None else bytes(row.image)
            more = len(result) == 100
            after = result[-1].id if result else ""

    def sweep(self) -> float:
        """Remove what is older than it may be; the seconds until the next look."""
        old = feedback.c.created_at < self._cutoff()
        with self._database.reading() as connection:
            is_due = connection.execute(select(feedback.c.id).where(old).limit(1)).first()
        if is_due:
            with self._database.writing() as connection:
                connection.execute(delete(feedback).where(old))
            self._database.forget_deleted()
        return min(SWEEP_S, DAY_S * self._limits.days)

    def _cutoff(self) -> float:
        return self._clock() - DAY_S * self._limits.days

    def _kept(self, tenant: str | None) -> ColumnElement[bool]:
        """A tenant's that have not expired, though they may not be swept away yet."""
        return and_(self._of(tenant), feedback.c.created_at >= self._cutoff())

    @staticmethod
    def _of(tenant: str | None) -> ColumnElement[bool]:
        return true() if tenant is None else feedback.c.tenant == tenant


def open_feedback(settings: Settings) -> Feedback:
    """The corrections of a deployment, for a program beside its service."""
    database = Database(settings.data_dir, settings.database_url.get_secret_value())
    return Feedback(database, settings.feedback_limits())


def picture(data: bytes, limits: ImageLimits) -> bytes:
    """The grey pixels of an image file as a PNG that says nothing else. Raises: ReadError."""
    return bytes(cv2.imencode(".png", grey_image(data, limits))[1])


def _follows(created_at: float, feedback_id: str) -> ColumnElement[bool]:
    same = and_(feedback.c.created_at == created_at, feedback.c.id < feedback_id)
    return or_(feedback.c.created_at < created_at, same)


def _from_row(row: Row[Any]) -> StoredCorrection:
    said = {name: getattr(row, name) for name in Correction.__dataclass_fields__}
    return StoredCorrection(row.id, row.created_at, Correction(**said), bool(row.kept_image))


def _facts(kept: StoredCorrection) -> dict[str, object]:
    made = datetime.fromtimestamp(kept.created_at, UTC).isoformat(timespec="seconds")
    return {"id": kept.id, "created_at": made, **asdict(kept.correction)}
