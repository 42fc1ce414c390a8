"""A drawing read while it is drawn, over a WebSocket; needs `websockets`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

from crnn_client.answers import Drawing, Strokes, Wishes
from crnn_client.calls import headers
from crnn_client.errors import OcrError, ServiceProblem, Unreachable

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection as AsyncConnection
    from websockets.sync.client import ClientConnection

PATH = "/v1/stream"


class Stream:
    """An open stream: `stream.draw(strokes)` sends all of a drawing and gives its reading."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._sent = socket, 0

    def options(self, wishes: Wishes) -> None:
        """How to read from now on."""
        self._socket.send(json.dumps({"options": wishes}))

    def draw(
        self,
        strokes: Strokes,
        *,
        reads: Literal["text", "digits"] = "text",
        pen: float = 0.0,
        picture: bool = False,
    ) -> Drawing:
        """Send a drawing and wait for its reading."""
        told = {"strokes": strokes, "reads": reads, "pen": pen, "picture": picture}
        return self._answer(json.dumps(told))

    def show(self, image: bytes) -> Drawing:
        """Send an image file and wait for its reading."""
        return self._answer(image)

    def _answer(self, told: str | bytes) -> Drawing:
        self._sent += 1
        with _as_ours():
            self._socket.send(told)
            while (found := _drawing(self._socket.recv(), self._sent)) is None:
                pass
        return found


class AsyncStream:
    """The same for asyncio."""

    def __init__(self, socket: AsyncConnection) -> None:
        self._socket, self._sent = socket, 0

    async def options(self, wishes: Wishes) -> None:
        """How to read from now on."""
        await self._socket.send(json.dumps({"options": wishes}))

    async def draw(
        self,
        strokes: Strokes,
        *,
        reads: Literal["text", "digits"] = "text",
        pen: float = 0.0,
        picture: bool = False,
    ) -> Drawing:
        """Send a drawing and wait for its reading."""
        told = {"strokes": strokes, "reads": reads, "pen": pen, "picture": picture}
        return await self._answer(json.dumps(told))

    async def show(self, image: bytes) -> Drawing:
        """Send an image file and wait for its reading."""
        return await self._answer(image)

    async def _answer(self, told: str | bytes) -> Drawing:
        self._sent += 1
        with _as_ours():
            await self._socket.send(told)
            while (found := _drawing(await self._socket.recv(), self._sent)) is None:
                pass
        return found


@contextmanager
def connected(base_url: str, api_key: str | None) -> Iterator[Stream]:
    """A stream while the context lasts."""
    connect = _installed("sync").connect
    with _as_ours():
        socket = connect(_address(base_url), additional_headers=headers(api_key), proxy=None)
    with socket:
        yield Stream(socket)


@asynccontextmanager
async def connected_async(base_url: str, api_key: str | None) -> AsyncIterator[AsyncStream]:
    """A stream while the context lasts."""
    connect = _installed("asyncio").connect
    with _as_ours():
        socket = await connect(_address(base_url), additional_headers=headers(api_key), proxy=None)
    async with socket:
        yield AsyncStream(socket)


def _address(base_url: str) -> str:
    return "ws" + base_url.rstrip("/").removeprefix("http") + PATH


def _installed(kind: str) -> Any:
    try:
        from importlib import import_module

        return import_module(f"websockets.{kind}.client")
    except ImportError as exc:
        raise OcrError("streams need: pip install 'crnn-ocr-client[stream]'") from exc


@contextmanager
def _as_ours() -> Iterator[None]:
    from websockets.exceptions import InvalidStatus, WebSocketException

    try:
        yield
    except InvalidStatus as exc:
        answer = exc.response
        told: Mapping[str, Any] = {}
        if (answer.body or b"").startswith(b"{"):
            told = json.loads(answer.body or b"{}")
        title, detail = str(told.get("title", "refused")), str(told.get("detail", ""))
        raise ServiceProblem(answer.status_code, title, detail) from exc
    except (WebSocketException, OSError) as exc:
        raise Unreachable(str(exc)) from exc


def _drawing(row: str | bytes, frame: int) -> Drawing | None:
    """The reading of that drawing; None for the answer to one before it. Raises: ServiceProblem."""
    told = json.loads(row)
    if told["type"] == "error":
        raise ServiceProblem(told["status"], told["title"], told["detail"], told["request_id"])
    return cast(Drawing, told) if told["frame"] == frame else None
