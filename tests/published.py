"""The published HTTP interface, docs/openapi.json, beside that of this code.

python -m tests.published            what differs, and what of it breaks a client
python -m tests.published --write    publish this code's; refused where it breaks a client
python -m tests.published --write --breaking    all the same; docs/upgrade.md must tell
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

FILE = ROOT / "docs" / "openapi.json"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
UPPER, LOWER = ("maximum", "maxLength", "maxItems"), ("minimum", "minLength", "minItems")

Schema = dict[str, Any]


def current() -> Schema:
    """What /openapi.json of this code says."""
    from service.app import create_app
    from service.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(threads=1, data_dir=Path(folder)))
        found: Schema = json.loads(json.dumps(app.openapi()))
    return found


def text(schema: Schema) -> str:
    """As it stands in the file."""
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def breaks(old: Schema, new: Schema) -> list[str]:
    """What a client that was written for the old interface can no longer do with the new one."""
    return sorted(set(_Comparison(old, new).of_paths()))


@dataclass(frozen=True)
class _Comparison:
    """Two documents, in which references are followed."""

    old: Schema
    new: Schema

    def of_paths(self) -> Iterator[str]:
        for path, operations in self.old["paths"].items():
            for method in METHODS:
                if method not in operations:
                    continue
                where = f"{method.upper()} {path}"
                found = self.new["paths"].get(path, {}).get(method)
                if found is None:
                    yield f"{where} is gone"
                else:
                    yield from self._of_parameters(operations[method], found, where)
                    yield from self._of_body(operations[method], found, where)
                    yield from self._of_answers(operations[method], found, where)

    def _of_parameters(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        had, has = (
            {(one["in"], one["name"]): one for one in side.get("parameters", [])}
            for side in (old, new)
        )
        for key, one in has.items():
            if one.get("required") and not had.get(key, {}).get("required"):
                yield f"{where}: {key[0]} parameter {key[1]} is required now"
        for key, one in had.items():
            if key not in has:
                yield f"{where}: {key[0]} parameter {key[1]} is gone"
            else:
                told = f"{where} {key[1]}"
                yield from self._taken(one.get("schema", {}), has[key].get("schema", {}), told)

    def _of_body(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        had, has = old.get("requestBody", {}), new.get("requestBody", {})
        if has.get("required") and not had.get("required"):
            yield f"{where}: a body is required now"
        for kind, content in had.get("content", {}).items():
            if kind not in has.get("content", {}):
                yield f"{where}: bodies of {kind} are taken no more"
            else:
                now = has["content"][kind].get("schema", {})
                yield from self._taken(content.get("schema", {}), now, f"{where} {kind}")

    def _of_answers(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        for status, answer in old["responses"].items():
            found = new["responses"].get(status)
            if found is None:
                if status.startswith("2"):
                    yield f"{where}: {status} is answered no more"
                continue
            for kind, content in answer.get("content", {}).items():
                if kind not in found.get("content", {}):
                    yield f"{where} {status}: {kind} is answered no more"
                    continue
                now = found["content"][kind].get("schema", {})
                yield from self._given(content.get("schema", {}), now, f"{where} {status}")

    def _taken(self, old: Schema, new: Schema, where: str, depth: int = 0) -> Iterator[str]:
        """Input: whatever was valid must be valid still."""
        old, new = _followed(old, self.old), _followed(new, self.new)
        if depth > 12 or not new:
            return
        if "anyOf" in old or "anyOf" in new:
            yield from self._any_of(old, new, where, depth, is_input=True)
            return
        yield from _narrowed(old, new, where)
        yield from self._parts(old, new, where, depth, is_input=True)
        for name in new.get("required", []):
            if name not in old.get("required", []):
                yield f"{where}.{name} is required now"
        if new.get("additionalProperties") is False and "properties" in old:
            for name in set(old["properties"]) - set(new.get("properties", {})):
                yield f"{where}.{name} is taken no more"

    def _given(self, old: Schema, new: Schema, where: str, depth: int = 0) -> Iterator[str]:
        """Output: whatever was promised must be given still."""
        old, new = _followed(old, self.old), _followed(new, self.new)
        if depth > 12 or not old:
            return
        if "anyOf" in old or "anyOf" in new:
            yield from self._any_of(old, new, where, depth, is_input=False)
            return
        if _types(old) and not _types(new) <= _types(old):
            yield f"{where} was {_listed(_types(old))} and is {_listed(_types(new))}"
        yield from self._parts(old, new, where, depth, is_input=False)
        for name in set(old.get("properties", {})) - set(new.get("properties", {})):
            yield f"{where}.{name} is gone"
        for name in set(old.get("required", [])) & set(new.get("properties", {})):
            if name not in new.get("required", []):
                yield f"{where}.{name} is not always there now"
        for one in _values(old) - _values(new) if _values(new) else ():
            yield f"{where}: {one!r} is answered no more"

    def _parts(
        self, old: Schema, new: Schema, where: str, depth: int, *, is_input: bool
    ) -> Iterator[str]:
        compare = self._taken if is_input else self._given
        for name, one in old.get("properties", {}).items():
            if name in new.get("properties", {}):
                yield from compare(one, new["properties"][name], f"{where}.{name}", depth + 1)
        if "items" in old and isinstance(new.get("items"), dict):
            yield from compare(old["items"], new["items"], f"{where}[]", depth + 1)

    def _any_of(
        self, old: Schema, new: Schema, where: str, depth: int, *, is_input: bool
    ) -> Iterator[str]:
        """Each kind that there was must go with one of the new; of outputs, no null is new."""
        compare = self._taken if is_input else self._given
        now = new.get("anyOf", [new])
        for one in old.get("anyOf", [old]):
            ways = [list(compare(one, other, where, depth + 1)) for other in now]
            if all(ways):
                yield from min(ways, key=len)
        if not is_input and "null" in _types(new) - _types(old):
            yield f"{where} may be null now"


def _followed(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _types(schema: Schema) -> set[str]:
    if "anyOf" in schema:
        return set().union(*map(_types, schema["anyOf"]))
    if "type" in schema:
        return {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    return {"object"} if "$ref" in schema else set()


def _values(schema: Schema) -> set[Any]:
    return set(schema.get("enum", [schema["const"]] if "const" in schema else []))


def _listed(values: set[str]) -> str:
    return " or ".join(sorted(values)) or "anything"


def _narrowed(old: Schema, new: Schema, where: str) -> Iterator[str]:
    """Values that were taken and are no more."""
    wide = _types(new) | ({"integer"} if "number" in _types(new) else set())
    if wide and not (_types(old) and _types(old) <= wide):
        yield f"{where} took {_listed(_types(old))} and takes {_listed(_types(new))}"
    if _values(new):
        for one in _values(old) - _values(new) or (() if _values(old) else {"anything else"}):
            yield f"{where}: {one!r} is taken no more"
    for names, is_narrower in ((UPPER, float.__lt__), (LOWER, float.__gt__)):
        for name in names:
            if name in new and (name not in old or is_narrower(float(new[name]), float(old[name]))):
                yield f"{where}: {name} is {new[name]}, and was {old.get(name, 'not set')}"
    if new.get("pattern") and new["pattern"] != old.get("pattern"):
        yield f"{where}: pattern is {new['pattern']!r}, and was {old.get('pattern')!r}"


def main(argv: list[str]) -> int:
    """Compare, or publish; 1 where a client breaks, or --write is due."""
    old, new = json.loads(FILE.read_text("utf-8")) if FILE.exists() else None, current()
    found = breaks(old, new) if old else []
    for row in found:
        print(row)
    if "--write" not in argv:
        print("as published" if old == new else "differs from docs/openapi.json: --write")
        return int(bool(found) or old != new)
    if found and "--breaking" not in argv:
        print("not written: clients of the published interface break")
        return 1
    FILE.write_text(text(new), "utf-8")
    print(f"{FILE.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
