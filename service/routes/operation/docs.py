"""GET /docs: Swagger UI on the page of this service, from a package, with no internet."""

from __future__ import annotations

from importlib import resources
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

PACKAGE = "fastapi_swagger.resources"
KINDS = {"js": "text/javascript", "css": "text/css", "png": "image/png"}
Asset = Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "start.js"]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>crnn-ocr</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{root}/docs/swagger-ui.css">
<link rel="icon" href="{root}/docs/favicon-32x32.png"></head>
<body><div id="docs" data-openapi="{root}/openapi.json"></div>
<script src="{root}/docs/swagger-ui-bundle.js"></script>
<script src="{root}/docs/start.js"></script></body></html>
"""
START = """const place = document.getElementById("docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapi,
  validatorUrl: null,
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
});
"""


@router.get("/docs")
async def page(request: Request) -> HTMLResponse:
    """The documentation of the HTTP interface, to try it out."""
    return HTMLResponse(PAGE.format(root=request.scope.get("root_path", "").rstrip("/")))


@router.get("/docs/{name}")
async def asset(name: Asset) -> Response:
    """A file of that page."""
    headers = {"Cache-Control": "public, max-age=3600"}
    kind = KINDS[name.rpartition(".")[2]]
    if name == "start.js":
        return Response(START, media_type=kind, headers=headers)
    file = resources.files(PACKAGE) / name
    return Response(await run_in_threadpool(file.read_bytes), media_type=kind, headers=headers)
