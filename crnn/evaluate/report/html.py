"""HTML by construction: text is escaped unless `el` made it, so no label can become markup."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

VOID = frozenset({"img", "line", "circle", "rect", "polyline", "col"})


class Html(str):
    """Markup that `el` made, safe to put into markup."""


def el(name: str, *children: object, at: Mapping[str, object] | None = None) -> Html:
    """An element. children: Html stays as it is, anything else is text; at: its attributes."""
    attributes = "".join(
        f' {key}="{html.escape(str(value), quote=True)}"' for key, value in (at or {}).items()
    )
    if name in VOID:
        return Html(f"<{name}{attributes}/>")
    return Html(f"<{name}{attributes}>{joined(children)}</{name}>")


def joined(children: Sequence[object]) -> Html:
    """Children side by side."""
    return Html(
        "".join(child if isinstance(child, Html) else html.escape(str(child)) for child in children)
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, words: int = 1) -> Html:
    """A table; the first `words` columns hold words, the others numbers."""

    def cells(name: str, row: Sequence[object]) -> list[Html]:
        return [
            el(name, cell, at={"class": "word" if n < words else "number"})
            for n, cell in enumerate(row)
        ]

    head = el("thead", el("tr", *cells("th", heads)))
    body = el("tbody", *(el("tr", *cells("td", row)) for row in rows))
    return el("div", el("table", head, body), at={"class": "scroll"})


def bar(share: float, text: str) -> Html:
    """A number with a bar as long as its share of the cell."""
    width = f"--share:{100 * min(1.0, max(0.0, share)):.1f}%"
    return el("span", text, at={"class": "bar", "style": width})
