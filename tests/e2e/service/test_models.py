"""Models of the running service: changed under load, verified, counted, kept over a restart."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import weakref
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.auth.api_keys import new_key
from service.settings import Settings
from tests.conftest import drawn, png
from tests.e2e.service.test_guard import KEY_A, LINE_A
from tests.fixtures.weights_folders import onnx_of, publish

LINE = png(drawn("12"))
SAYS = {"one": "1", "two": "2", "three": "3"}
KEY_ADMIN, LINE_ADMIN = new_key("it", "600/minute", admin=True)


@pytest.fixture
def folder(tmp_path) -> Path:
    publish(tmp_path / "weights", "one", onnx_of("one", "1"))
    for name in ("two", "three"):
        publish(tmp_path / "data" / "weights", name, onnx_of(name, SAYS[name]))
    return tmp_path


def started(folder: Path, **changes: object) -> FastAPI:
    values = {
        "weights": "one", "weights_dir": folder / "weights", "data_dir": folder / "data",
        "language": "", "threads": 2, "queue_size": 200, "allowed_hosts": "office.example",
    }  # fmt: skip
    return create_app(Settings(**(values | changes)))


@pytest.fixture
def app(folder) -> FastAPI:
    return started(folder)


def client(app: FastAPI, host: str = "127.0.0.1", came_from: str = "127.0.0.1", key: str = ""):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(came_from, 1))
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


def ask(app: FastAPI, method: str, path: str, **sent: object) -> httpx.Response:
    how = {name: sent.pop(name) for name in ("host", "came_from", "key") if name in sent}

    async def story() -> httpx.Response:
        async with client(app, **how) as asking:
            return await asking.request(method, path, **sent)

    return asyncio.run(story())


def change(app: FastAPI, path: str, **sent: object) -> dict:
    answer = ask(app, "POST", f"/v1/models/{path}", **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def reads(app: FastAPI, **sent: object) -> dict:
    answer = ask(app, "POST", "/ocr", files={"file": LINE}, **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def states(app: FastAPI) -> dict[str, str]:
    found = ask(app, "GET", "/v1/models").json()["models"]
    return {model["name"]: model["state"] for model in found}


def test_models_are_listed_with_spec_card_and_accuracy(app):
    listed = ask(app, "GET", "/v1/models").json()
    assert listed["default"] == "one"
    assert {m["name"]: m["kind"] for m in listed["models"]} == {
        "one": "published", "two": "candidate", "three": "candidate",
    }  # fmt: skip
    two = ask(app, "GET", "/v1/models/two").json()
    assert two["card"].startswith("# Weights `two`")
    assert two["accuracy"]["training"] == {"held_out": 0.1}
    assert (two["spec"]["classes"], two["state"]) == (30, "available")
    assert ask(app, "GET", "/v1/models/nothing").status_code == 404


def test_a_promotion_under_load_drops_no_request_and_mixes_up_no_answer(app):
    async def story() -> list[httpx.Response]:
        answers: list[httpx.Response] = []
        done = asyncio.Event()

        async def reader(asking: httpx.AsyncClient) -> None:
            while not done.is_set():
                answers.append(await asking.post("/ocr", files={"file": LINE}))

        async with client(app) as asking:
            tasks = [asyncio.create_task(reader(asking)) for _ in range(8)]
            for path in ("two/promote", "three/promote", "rollback", "rollback", "two/unload"):
                before = len(answers)
                while len(answers) < before + 20:
                    await asyncio.sleep(0.01)
                assert (await asking.post(f"/v1/models/{path}")).status_code == 200
            done.set()
            await asyncio.gather(*tasks)
        return answers

    answers = asyncio.run(story())
    assert {answer.status_code for answer in answers} == {200}
    told = [answer.json() for answer in answers]
    assert {one["model"] for one in told} == set(SAYS)
    assert all(set(one["text"]) == {SAYS[one["model"]]} for one in told)
    assert told[-1]["model"] == "one"


def test_a_request_that_began_is_read_to_its_end_by_the_reader_that_it_got(app):
    models = app.state.models
    models.promote("two")
    held = models.pick("r")
    models.promote("three")
    models.unload("two")
    gone = weakref.ref(held)
    assert "two" not in models.fleet.readers
    assert held.read(LINE).text.strip("2") == ""
    assert models.default.read(LINE).text.strip("3") == ""
    del held
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("model", "changes", "told"),
    [
        (b"", {"sha256": "0" * 64}, "sha256"),
        (b"no model", {}, "cannot load"),
        (onnx_of("other"), {}, "'other'"),
        (b"", {"spec": {"classes": 29}}, "spec"),
        (onnx_of("bad", charset="zh"), {}, "18753"),
    ],
)
def test_a_candidate_that_does_not_fit_is_refused_and_changes_nothing(
    app, folder, model, changes, told
):
    root = folder / "data" / "weights"
    publish(root, "bad", onnx_of("bad"), **changes)
    if model:
        import hashlib

        (root / "bad" / "bad.int8.onnx").write_bytes(model)
        content = json.loads((root / "manifest.json").read_text("utf-8"))
        content["weights"]["bad"]["sha256"] = hashlib.sha256(model).hexdigest()
        (root / "manifest.json").write_text(json.dumps(content), "utf-8")
    for action in ("load", "promote", "shadow", "split"):
        answer = ask(app, "POST", f"/v1/models/bad/{action}")
        assert answer.status_code == 409, answer.text
        assert told in answer.json()["detail"]
    assert states(app)["bad"] == "available"
    assert reads(app)["model"] == "one"
    assert not (folder / "data" / "models.json").exists()


def test_a_split_reads_its_share_and_the_same_request_alike(app):
    change(app, "two/split?share=0.5")

    async def story() -> list[str]:
        async with client(app) as asking:
            told = []
            for n in [*range(60), *range(60)]:
                sent = {"files": {"file": LINE}, "headers": {"X-Request-ID": f"r{n}"}}
                told.append((await asking.post("/ocr", **sent)).json()["model"])
            return told

    told = asyncio.run(story())
    assert told[:60] == told[60:]
    assert 15 <= told[:60].count("two") <= 45
    counts = {
        m["name"]: m["counts"]["requests"] for m in ask(app, "GET", "/v1/models").json()["models"]
    }
    assert counts["one"] + counts["two"] == 120
    change(app, "two/withdraw")
    assert states(app)["two"] == "loaded"
    assert {reads(app)["model"] for _ in range(5)} == {"one"}
    assert ask(app, "POST", "/v1/models/two/split?share=1.5").status_code == 422


def test_a_shadow_is_counted_and_never_answers(app):
    change(app, "two/shadow")
    assert [reads(app)["text"].strip("1") for _ in range(5)] == [""] * 5
    app.state.models._shadow._pool.submit(int).result()  # after what waits
    counts = ask(app, "GET", "/v1/models/two").json()["counts"]
    assert (counts["requests"], counts["shadow_images"]) == (0, 5)
    assert counts["disagreements"] == counts["shadow_lines"] == 5
    metrics = ask(app, "GET", "/metrics").text
    assert 'ocr_model_events_total{event="disagreements",model="two"} 5.0' in metrics
    assert 'name="one"' in metrics


def test_corrections_are_counted_for_the_model_that_was_corrected(app):
    change(app, "two/promote")
    for model, corrected in [
        ("two", "a"),
        ("two", "b"),
        ("one", "a"),
        ("no-such", "a"),
        (None, "a"),
    ]:
        sent = {"text": "b", "corrected": corrected, "model": model}
        assert ask(app, "POST", "/v1/feedback", json=sent).status_code == 201
    counts = {m["name"]: m["counts"] for m in ask(app, "GET", "/v1/models").json()["models"]}
    assert (counts["two"]["corrections"], counts["two"]["confirmations"]) == (1, 1)
    assert counts["one"]["corrections"] == 1
    assert "no-such" not in ask(app, "GET", "/metrics").text
    assert 'ocr_model_info{charset="digits",name="two"' in ask(app, "GET", "/metrics").text


def test_the_choice_survives_a_restart(app, folder):
    change(app, "two/promote")
    change(app, "three/split?share=0.25")
    change(app, "one/shadow")
    before = ask(app, "GET", "/v1/models").json()
    again = started(folder)
    after = ask(again, "GET", "/v1/models").json()
    for key in ("default", "split", "shadow", "before"):
        assert after[key] == before[key], key
    assert after["default"] == "two"
    assert change(again, "rollback")["default"] == "one"
    assert started(folder).state.models.default.spec.name == "one"


@pytest.mark.parametrize(
    "damage",
    ["", "{", '{"version": 1}', "[]", '{"version": 2}', "null"],
)
def test_a_damaged_choice_is_a_loud_log_and_the_configured_weights(app, folder, caplog, damage):
    change(app, "two/promote")
    (folder / "data" / "models.json").write_text(damage, "utf-8")
    with caplog.at_level(logging.ERROR):
        again = started(folder)
    assert again.state.models.default.spec.name == "one"
    assert "cannot be used, one reads" in caplog.text


def test_a_chosen_model_that_was_tampered_with_does_not_read(app, folder, caplog):
    change(app, "two/promote")
    (folder / "data/weights/two/two.int8.onnx").write_bytes(onnx_of("two", "7"))
    with caplog.at_level(logging.ERROR):
        again = started(folder)
    assert reads(again)["model"] == "one"
    assert "sha256" in caplog.text


def test_another_OCR_WEIGHTS_comes_before_what_was_chosen(app, folder):
    change(app, "two/promote")
    publish(folder / "weights", "four", onnx_of("four", "4"))
    assert started(folder, weights="four").state.models.default.spec.name == "four"


def test_a_choice_that_cannot_be_written_is_not_made(app, folder, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.models.model_selection.write_whole", full)
    assert ask(app, "POST", "/v1/models/two/promote").status_code == 507
    assert reads(app)["model"] == "one"


def test_what_cannot_be_is_a_conflict(app):
    assert ask(app, "POST", "/v1/models/rollback").status_code == 409
    assert ask(app, "POST", "/v1/models/one/unload").status_code == 409
    assert ask(app, "POST", "/v1/models/one/shadow").status_code == 409
    assert ask(app, "POST", "/v1/models/two/unload").status_code == 404
    assert ask(app, "POST", "/v1/models/no-such/load").status_code == 404
    assert ask(app, "POST", "/v1/models/two/juggle").status_code == 422


def test_only_so_many_models_are_in_memory(folder):
    app = started(folder, models_max_loaded=2)
    change(app, "two/load")
    answer = ask(app, "POST", "/v1/models/three/load")
    assert (answer.status_code, "OCR_MODELS_MAX_LOADED" in answer.text) == (409, True)
    change(app, "two/unload")
    change(app, "three/load")
    assert states(app) == {"one": "default", "two": "available", "three": "loaded"}


def test_a_request_names_its_model_only_where_it_may(app, folder):
    change(app, "two/load")
    named = {"data": {"model": "two"}}
    answer = ask(app, "POST", "/ocr", files={"file": LINE}, **named)
    assert (answer.status_code, "OCR_MODELS_BY_REQUEST" in answer.text) == (422, True)
    allowing = started(folder, models_by_request=True)
    assert reads(allowing, **named)["model"] == "two"
    assert reads(allowing)["model"] == "one"
    assert (
        ask(allowing, "POST", "/ocr", files={"file": LINE}, data={"model": "3"}).status_code == 422
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"came_from": "10.0.0.7"},
        {"host": "office.example"},
        {"headers": {"X-Forwarded-For": "10.0.0.7"}},
        {"headers": {"Origin": "http://elsewhere.example"}},
    ],
)
def test_without_keys_only_this_machine_may_change_models(app, folder, sent):
    answer = ask(app, "POST", "/v1/models/two/promote", **sent)
    assert answer.status_code == 403, answer.text
    assert reads(app)["model"] == "one"
    if "Origin" not in sent.get("headers", {}):
        change(started(folder, models_open=True), "two/promote", **sent)


def test_with_keys_only_an_admin_may(folder):
    (folder / "keys").write_text(f"{LINE_A}\n{LINE_ADMIN}\n", "utf-8")
    app = started(folder, api_keys_file=folder / "keys")
    assert ask(app, "GET", "/v1/models", key=KEY_A).status_code == 200
    for path in ("two/promote", "two/load", "rollback"):
        assert ask(app, "POST", f"/v1/models/{path}", key=KEY_A).status_code == 403
        assert ask(app, "POST", f"/v1/models/{path}").status_code == 401
    change(app, "two/promote", key=KEY_ADMIN, came_from="10.0.0.7", host="office.example")
    assert reads(app, key=KEY_A)["model"] == "two"
