"""XML that others send: opened without entities, DTD or network; element names without their namespace."""

from typing import Any

from lxml import etree


class UnreadableXmlError(Exception):
    """It is no well-formed XML, or it has a DTD."""


def opened(content: bytes) -> Any:
    """The root of a document. Raises UnreadableXmlError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise UnreadableXmlError from None
    if root.getroottree().docinfo.doctype:
        raise UnreadableXmlError
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return root


def text(element: Any, *paths: str) -> str:
    """The first text that one of the paths leads to."""
    return next((content for path in paths for content in texts(element, path)), "")


def texts(element: Any, path: str) -> list[str]:
    """Every text that a path leads to."""
    return [content for node in element.findall(path) if (content := (node.text or "").strip())]
