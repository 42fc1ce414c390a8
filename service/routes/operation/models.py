"""/v1/models: what is published, loaded and chosen; and, for an admin, which model reads."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from service.auth.authenticate import admit_change
from service.errors import ModelUnknown
from service.models.registry import CANDIDATE, Fleet, Models
from service.problem import problem_row

router = APIRouter(prefix="/v1/models", tags=["models"])

MAX_CARD = 20_000
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}")
PROBLEM_TEXTS: dict[int, str] = {
    403: "an API key that may not change models, or a caller from elsewhere",
    404: "no such model",
    409: "it does not fit (spec, sha256), or the change cannot be",
    422: "a share out of range",
    503: "the choice cannot be written down",
    507: "no room is left",
}
State = Literal["default", "split", "shadow", "loaded", "available"]
Action = Literal["load", "unload", "promote", "shadow", "split", "withdraw"]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The rows of a route's errors for OpenAPI."""
    return {status: problem_row(PROBLEM_TEXTS[status]) for status in statuses}


class ModelCounts(BaseModel):
    """What happened with a model since this process began."""

    requests: int
    corrections: int = Field(description="feedback that says something else")
    confirmations: int = Field(description="feedback that says the same")
    shadow_images: int
    shadow_lines: int
    disagreements: int = Field(description="lines on which it said something else in the shadow")
    shadow_skipped: int = Field(description="images that came when too many waited")


class ModelAnswer(BaseModel):
    """A model."""

    name: str
    state: State
    share: float | None = Field(description="of requests that it reads, where they are split")
    kind: Literal["published", "candidate"]
    sha256: str
    bytes: int | None
    spec: dict[str, Any]
    accuracy: dict[str, Any] = Field(
        description="training: CER by set; parity: of the export; gate: against the one before"
    )
    counts: ModelCounts


class ModelList(BaseModel):
    """Every model that there is."""

    success: Literal[True] = True
    default: str
    shadow: str | None
    split: tuple[str, float] | None = Field(description="model and share")
    before: list[str] = Field(description="earlier defaults, the latest last")
    models: list[ModelAnswer]


class ModelWithCard(ModelAnswer):
    """A model with its card."""

    success: Literal[True] = True
    card: str = Field(description="Markdown")


@router.get("")
async def listing(request: Request) -> ModelList:
    """What is published and what are candidates, what reads, and what was counted."""
    return await run_in_threadpool(_listing, _models(request))


@router.get("/{name}", responses=problems(404))
async def one(request: Request, name: str) -> ModelWithCard:
    """A model with its card."""
    return await run_in_threadpool(_with_card, _models(request), name)


@router.post(
    "/rollback", dependencies=[Depends(admit_change)], responses=problems(403, 409, 503, 507)
)
async def roll_back(request: Request) -> ModelList:
    """The default before this one reads again; split and shadow end."""
    models = _models(request)
    await run_in_threadpool(models.roll_back)
    return await run_in_threadpool(_listing, models)


@router.post(
    "/{name}/{action}",
    dependencies=[Depends(admit_change)],
    responses=problems(403, 404, 409, 422, 503, 507),
)
async def change(
    request: Request,
    name: str,
    action: Action,
    share: Annotated[float, Query(gt=0, lt=1, description="of requests, for split")] = 0.1,
) -> ModelList:
    """Load or unload a model, promote it, let it read in the shadow or a share, or withdraw it."""
    models = _models(request)
    if action == "split":
        await run_in_threadpool(models.split, name, share)
    else:
        await run_in_threadpool(getattr(models, action), name)
    return await run_in_threadpool(_listing, models)


def _models(request: Request) -> Models:
    result: Models = request.app.state.models
    return result


def _listing(models: Models) -> ModelList:
    fleet, entries = models.fleet, models.folders.entries()
    answers = [
        _model_answer(models, fleet, name, entry[0], entry[2]) for name, entry in entries.items()
    ]
    return ModelList(
        default=fleet.choice.default,
        shadow=fleet.choice.shadow,
        split=fleet.choice.split,
        before=list(fleet.choice.before),
        models=sorted(answers, key=lambda model: model.name),
    )


def _with_card(models: Models, name: str) -> ModelWithCard:
    entries = models.folders.entries()
    if name not in entries:
        raise ModelUnknown(f"no model {name[:80]!r} is published or a candidate")
    kind, folder, entry = entries[name]
    answers = _model_answer(models, models.fleet, name, kind, entry)
    path = folder / name / "CARD.md"
    card = path.read_text("utf-8")[:MAX_CARD] if NAME.fullmatch(name) and path.is_file() else ""
    return ModelWithCard(**answers.model_dump(), card=card)


def _model_answer(
    models: Models, fleet: Fleet, name: str, kind: str, entry: dict[str, Any]
) -> ModelAnswer:
    choice, reader = fleet.choice, fleet.readers.get(name)
    state: State = "loaded" if reader else "available"
    if name == choice.default:
        state = "default"
    elif choice.split and name == choice.split[0]:
        state = "split"
    elif name == choice.shadow:
        state = "shadow"
    training = entry.get("training") or {}
    accuracy = {"training": training.get("cer"), "parity": entry.get("parity")}
    if entry.get("gate"):
        accuracy["gate"] = entry["gate"]
    return ModelAnswer(
        name=name,
        state=state,
        share=choice.split[1] if choice.split and name == choice.split[0] else None,
        kind="candidate" if kind == CANDIDATE else "published",
        sha256=reader.sha256 if reader else str(entry.get("sha256", "")),
        bytes=entry.get("bytes"),
        spec=reader.spec.facts() if reader else entry.get("spec") or {},
        accuracy=accuracy,
        counts=ModelCounts(**models.model_metrics.of(name)),
    )
