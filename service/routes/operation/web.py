"""The pages for people, and the files that they are made of: all of them lie in service/web."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from service.settings import Settings

router = APIRouter(include_in_schema=False)

KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webmanifest": "application/manifest+json",
}
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")


@dataclass(frozen=True)
class WebFile:
    """A file as it is sent; its tag changes with its content."""

    content: bytes
    kind: str
    tag: str


@router.get("/")
async def desk(request: Request) -> Response:
    """The reading desk."""
    return page(request, "desk.html")


@router.get("/board")
async def board(request: Request) -> Response:
    """The drawing board."""
    return page(request, "board.html")


@router.get("/embed.js")
async def embed(request: Request) -> Response:
    """The script for pages of other sites, which therefore may load it."""
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
    return sent(request, web_files()["embed/embed.js"], headers)


@router.get("/templates")
async def templates(request: Request) -> Response:
    """Templates of forms: zones drawn on a blank, a filled form tried."""
    return page(request, "templates.html")


@router.get("/web/{path:path}")
async def asset(request: Request, path: str) -> Response:
    """A style sheet, a script or an icon of the pages; the pages have addresses of their own."""
    result = web_files().get(path)
    if result is None or path.endswith(".html"):
        raise HTTPException(404)
    return sent(request, result, {})


def page(request: Request, name: str) -> Response:
    """A page of service/web with the policy of pages; ?embed=1 is framed by sites that may."""
    settings: Settings = request.app.state.settings
    is_framed = request.query_params.get("embed") == "1"
    framing = settings.framing() if is_framed else "'none'"
    headers = {"Content-Security-Policy": policy(request.headers.get("host", ""), framing)}
    return sent(request, web_files()[name], headers)


def sent(request: Request, file: WebFile, headers: dict[str, str]) -> Response:
    """A file, or 304 where the browser has it: it asks each time, so that a new version is seen."""
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"} | headers
    known = [tag.strip().removeprefix("W/") for tag in _tags(request)]
    if file.tag in known:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.kind, headers=headers)


def policy(host: str, framing: str = "'none'") -> str:
    """What a page may load: this server's files only, no script or style within the page.

    framing: the sites that may show it in a frame.
    Some browsers do not take 'self' for WebSockets, so that the host is named for them.
    """
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; form-action 'none'; "
        f"base-uri 'none'; frame-ancestors {framing}"
    )


@cache
def web_files() -> dict[str, WebFile]:
    """Every file of service/web by its path there; they are few and small, and kept."""
    return {path: _file(path, result) for path, result in _walk(resources.files("service") / "web")}


def _tags(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    results: list[tuple[str, Traversable]] = []
    for one in folder.iterdir():
        if one.is_dir():
            results += _walk(one, f"{prefix}{one.name}/")
        elif one.name.rpartition(".")[2] in KINDS:
            results.append((prefix + one.name, one))
    return results


def _file(path: str, result: Traversable) -> WebFile:
    content = result.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return WebFile(content, KINDS[path.rpartition(".")[2]], tag)
