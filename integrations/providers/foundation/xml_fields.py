"""The fields of an XML document: elements and attributes by their names, name–value pairs, and what a SOAP envelope holds."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError
from defusedxml.ElementTree import fromstring as parse_xml

from calls.sentences import _
from integrations.providers.foundation.provider import Unreadable

DEEPEST = 20
_PAIRS = frozenset(
    [
        "param",
        "parameter",
        "field",
        "item",
        "entry",
        "var",
        "variable",
        "property",
        "attribute",
        "arg",
        "member",
        "column",
        "pair",
    ]
)
"""Elements whose field's name is said by an attribute or element `name` (or `key`): `<param name="callid">7</param>`."""
_NAMES, _VALUES = ("name", "key"), ("value", "val")


def flat_xml(text: str) -> list[Iterator[tuple[str, str]]]:
    """The pairs of each event: of the children of the root where these are several alike, else of the root. Raises Unreadable."""
    try:
        root = _content(parse_xml(text, forbid_dtd=True))
    except (ParseError, DefusedXmlException) as error:
        raise Unreadable(_("The body is not plain, well-formed XML.")) from error
    children = list(root)
    alike = len(children) > 1 and len({child.tag for child in children}) == 1 and all(len(child) for child in children)
    events = children if alike and not any(map(_pair, children)) else [root]
    return [_flat(event) for event in events]


def _content(root: Element) -> Element:
    """The root, or of a SOAP envelope the one element of its body."""
    if _local(root.tag).lower() != "envelope":
        return root
    body = next((child for child in root if _local(child.tag).lower() == "body"), root)
    return body[0] if len(body) == 1 else body


def _flat(element: Element, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        raise RecursionError
    if name and element.text and element.text.strip():
        yield name, element.text
    prefix = f"{name}." if name else ""
    for key, value in element.attrib.items():
        yield prefix + _local(key), value
    for child in element:
        pair = _pair(child)
        if pair:
            yield prefix + pair[0], pair[1]
        else:
            yield from _flat(child, prefix + _local(child.tag), depth + 1)


def _pair(element: Element) -> tuple[str, str] | None:
    """The name and value that the element holds, where it is such a pair."""
    if _local(element.tag).lower() not in _PAIRS:
        return None
    attributes = {_local(key).lower(): value for key, value in element.attrib.items()}
    children = {_local(child.tag).lower(): "".join(child.itertext()) for child in element}
    name = _first(attributes, _NAMES) or _first(children, _NAMES)
    if not name:
        return None
    return name.strip(), _first(attributes, _VALUES) or _first(children, _VALUES) or (
        "" if children else element.text or ""
    )


def _first(texts: dict[str, str], names: tuple[str, ...]) -> str:
    return next((texts[name] for name in names if texts.get(name)), "")


def _local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]
