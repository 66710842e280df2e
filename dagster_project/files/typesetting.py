"""The one door to typst: whatever text comes, a page is set and nothing of the text is lost from sight.

A font lacks most of the world's signs, and a page that must be readable for long (PDF/A, PDF/UA) may not show
one without its glyph: a name in Chinese, an emoji or a control character would stop the document. Such a sign
is written by its code, `[U+1F600]`, and the page is told so. Not here: what documents say. Why: D-108.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

_STANDARDS = ["a-3a", "ua-1"]  # archival, and readable by a screen reader
# What is beyond Latin letters and signs, which each of typst's own fonts draws: it is tried, in reason.
_ODD = re.compile(r"[^\n\x20-\x7e\u00a0-\u00ac\u00ae-\u00ff]")
# Of no shape of its own, or private: what it would do to the text around it, nobody sees.
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_TRIED = 500
_PROBE = """
#set document(title: "x", author: "x")
#set text(lang: "fr", font: "Libertinus Serif")
#sys.inputs.text
"""


_PICTURE = b"""
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#let given = bytes(json(bytes(sys.inputs.image)))
#let high = image(given, height: 2cm)
#context if measure(high).width > 8cm { image(given, width: 8cm) } else { high }
"""
PICTURE_PPI = 300


class PictureError(Exception):
    """A file that is no picture which can be drawn."""


def set_pdf(
    template: Path, key: str, content: Mapping[str, Any], at: datetime, exact: Mapping[str, Any]
) -> bytes:
    """A PDF/A-3 of the template, to which `content` is given as JSON under `key`; `at`: the only date in it.

    Texts come as they are; `is_coded` tells the template whether a sign of them is written by its code.
    `exact` is given along untouched: what is embedded, not drawn.
    """

    def typeset(is_plain: bool) -> bytes:
        shown, is_coded = drawable(dict(content), is_plain=is_plain)
        given = {key: _json(shown | dict(exact) | {"is_coded": is_coded})}
        return _compiled(template, sys_inputs=given, format="pdf", pdf_standards=_STANDARDS, timestamp=at)

    try:
        return typeset(is_plain=False)
    except typst.TypstError:  # signs that can be drawn one by one, and not together
        return typeset(is_plain=True)


def set_png(template: Path | bytes, key: str, content: Mapping[str, Any], ppi: int) -> bytes:
    """The same as one picture."""
    shown, _ = drawable(dict(content))
    return _compiled(template, sys_inputs={key: _json(shown)}, format="png", ppi=ppi)


def as_markdown(words: str, png: bytes) -> str:
    """A picture within a text of Dagster's pages; `words` are read where it is not seen."""
    return f"![{words}](data:image/png;base64,{base64.b64encode(png).decode()})"


@cache
def picture(content: bytes) -> bytes:
    """An SVG, PNG or JPEG as PNG, two centimetres high or eight wide. Raises PictureError."""
    try:
        given = {"image": _json(list(content))}
        return _compiled(_PICTURE, sys_inputs=given, format="png", ppi=PICTURE_PPI)
    except typst.TypstError:
        raise PictureError from None


def drawable(content: Any, *, is_plain: bool = False) -> tuple[Any, bool]:
    """The same content with each sign that cannot be drawn as its code, and whether there was one.

    `is_plain`: with each sign beyond Latin-1 as its code.
    """
    composed = json.loads(unicodedata.normalize("NFC", _json(content)))
    odd = frozenset(_ODD.findall("".join(_texts(composed))))
    lacking = odd if is_plain else _lacking(odd)
    return _coded(composed, lacking), bool(lacking)


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return [text for part in parts for text in _texts(part)]


def _coded(content: Any, lacking: frozenset[str]) -> Any:
    if isinstance(content, str):
        return "".join(f"[U+{ord(sign):04X}]" if sign in lacking else sign for sign in content)
    if isinstance(content, dict):
        return {name: _coded(part, lacking) for name, part in content.items()}
    return [_coded(part, lacking) for part in content] if isinstance(content, list) else content


def _lacking(signs: frozenset[str]) -> frozenset[str]:
    unseen = frozenset(sign for sign in signs if unicodedata.category(sign) in _UNSEEN)
    shapes = signs - unseen
    return unseen | (_undrawn("".join(sorted(shapes))) if len(shapes) <= _TRIED else shapes)


@cache
def _undrawn(signs: str) -> frozenset[str]:
    """Those of the signs that no font draws, by halves: most documents have none, and ask once."""
    if not signs:
        return frozenset()
    # A mark stands on a letter, a letter by itself.
    words = " ".join(f"a{sign}" if unicodedata.category(sign)[0] == "M" else sign for sign in signs)
    try:
        _compiled(_PROBE.encode(), sys_inputs={"text": words}, format="pdf", pdf_standards=_STANDARDS)
    except typst.TypstError:
        half = len(signs) // 2
        return _undrawn(signs[:half]) | _undrawn(signs[half:]) if half else frozenset(signs)
    return frozenset()


def _compiled(source: Path | bytes, **options: Any) -> bytes:
    output = typst.compile(source, ignore_system_fonts=True, **options)
    assert isinstance(output, bytes)
    return output


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)
