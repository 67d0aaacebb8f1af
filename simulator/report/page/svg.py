"""Make a chart fit to stand in a page: small, named for who cannot see it, in the page's own colours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ..palette import BLACK, BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE, SKY, VERMILLION, YELLOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_GROUND = {BLACK: "reference", INK: "ink", GREY: "grey", PALE: "pale", "#ffffff": "paper"}
"""Colours that turn with the page when it is dark; as areas the others can be seen on both grounds."""
_LETTERS = {
    BLUE: "blue", ORANGE: "orange", GREEN: "green", PURPLE: "purple", SKY: "sky", VERMILLION: "vermillion",
    YELLOW: "yellow",
}  # fmt: skip
"""As letters they need more contrast: the page has a darker (on dark ground lighter) shade of each."""
_STRAIGHT = 0.06
"""A point nearer than this to the line between its neighbours is left out, in points of 1/72 inch."""
_KEPT = ("fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity")
_DEFAULTS = {"fill": "var(--ink)", "font-size": "9px"}
"""What the page's style says of all text in charts."""


def slim(svg: str, name: str, title: str, description: str) -> str:
    """An `<svg>` element of a page from matplotlib's file.

    Coordinates are rounded to a tenth of a point, points on a straight line left out; ids that nothing refers
    to are dropped and the others begin with `name`. `title` and `description` are what a screen reader says.
    """
    root = ET.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style") or not isinstance(child.tag, str):
                parent.remove(child)
    referred = dict.fromkeys(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))
    ids = {old: f"{name}-{place}" for place, old in enumerate(referred)}
    for element in root.iter():
        _clean(element, ids)
    _flatten(root)
    width, height = re.findall(r"[\d.]+", root.get("viewBox", "0 0 0 0"))[2:]
    root.attrib = {
        "viewBox": f"0 0 {_short(width)} {_short(height)}",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "style": f"max-width:{float(width) / 72:.2f}in",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        words = ET.Element(f"{_SVG}{tag}", {"id": f"{name}-{tag}"})
        words.text = text
        root.insert(place, words)
    ET.register_namespace("", _SVG[1:-1])
    written = ET.tostring(root, encoding="unicode", short_empty_elements=True)
    return written.replace(f' xmlns="{_SVG[1:-1]}"', "", 1).replace(" />", "/>")


def _clean(element: ET.Element, ids: Mapping[str, str]) -> None:
    """One element's attributes, rounded and renamed; white space between elements goes."""
    is_text = element.tag == f"{_SVG}text"
    kept = {}
    for key, value in element.attrib.items():
        if key == "id":
            if value in ids:
                kept["id"] = ids[value]
        elif key == _LINK:
            kept["href"] = f"#{ids[value[1:]]}"
        elif key == "style":
            style = _style(value, is_text)
            if style:
                kept["style"] = style
        elif key == "clip-path":
            kept[key] = f"url(#{ids[value[5:-1]]})"
        elif key == "d":
            kept[key] = path(value)
        elif not (key == "transform" and value.startswith("rotate(-0 ")):
            kept[key] = re.sub(r"-?\d+\.\d+", lambda found: _short(found[0]), value)
    element.attrib = kept
    if not is_text and element.text is not None and not element.text.strip():
        element.text = None
    element.tail = None


def _flatten(element: ET.Element) -> None:
    """Take the children of groups that say nothing of their own, and drop what is empty."""
    flat: list[ET.Element] = []
    for child in element:
        _flatten(child)
        bare = child.tag == f"{_SVG}g" and not child.attrib
        empty = child.tag in (f"{_SVG}g", f"{_SVG}defs") and not len(child)
        if not empty:
            flat += list(child) if bare else [child]
    element[:] = flat


def _style(style: str, is_text: bool) -> str:
    """The declarations that matter, colours of the ground as variables of the page."""
    said = dict(part.strip().split(": ", 1) for part in style.split(";") if ": " in part)
    made = {}
    for key, value in said.items():
        if key in ("font", "font-size"):
            size = re.search(r"([\d.]+)px", value)
            if size:
                made["font-size"] = f"{size[1]}px"
        elif key == "text-anchor" or key in _KEPT:
            made[key] = re.sub(r"\d+\.\d{2,}", lambda found: f"{float(found[0]):.2f}", value)
    for key, value in made.items():
        for colour, variable in (_GROUND | (_LETTERS if is_text else {})).items():
            if value.lower() == colour.lower():
                made[key] = f"var(--{variable}{'-text' if variable in _LETTERS.values() else ''})"
    if is_text:
        made.setdefault("fill", "var(--ink)")
        made = {key: value for key, value in made.items() if _DEFAULTS.get(key) != value}
    return ";".join(f"{key}:{value}" for key, value in made.items())


def path(data: str) -> str:
    """A path with rounded coordinates; where it has straight lines only, without points in between.

    >>> path("M 0 0 L 5.04 5.01 L 10 10 L 10 20 z")
    'M0 0 10 10 10 20z'
    """
    if re.search(r"[^MLz\d\s.\-e]", data):  # curves: markers
        return re.sub(r" ?([A-Za-z]) ?", r"\1", re.sub(r"-?\d+\.\d+", lambda found: _short(found[0]), data))
    made = []
    for piece in re.findall(r"M[^M]*", " ".join(data.split())):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", piece)]
        points = _corners(list(zip(numbers[::2], numbers[1::2], strict=True)))
        body = " ".join(f"{_short(x)} {_short(y)}" for x, y in points)
        made.append(f"M{body}{'z' if piece.rstrip().endswith('z') else ''}")
    return "".join(made)


def _corners(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points without those on the straight line from the last one kept to the next."""
    kept = list(points[:1])
    for i in range(1, len(points) - 1):
        (ax, ay), (bx, by), (cx, cy) = kept[-1], points[i], points[i + 1]
        length = ((cx - ax) ** 2 + (cy - ay) ** 2) ** 0.5
        forward = (bx - ax) * (cx - bx) + (by - ay) * (cy - by) >= 0
        off = abs((cx - ax) * (ay - by) - (ax - bx) * (cy - ay)) / length if length else 1.0
        if not forward or off > _STRAIGHT:
            kept.append(points[i])
    return kept + list(points[-1:] if len(points) > 1 else [])


def _short(number: str | float) -> str:
    """A number to a tenth.

    >>> _short("10.26"), _short("200.04"), _short(-0.04)
    ('10.3', '200', '0')
    """
    text = f"{float(number):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
