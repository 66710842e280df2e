"""A picture of an authority's page for Dagster's own: that of the pot which ends first, as PNG."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
from lxml import etree, html

from dagster_project.files.statements import statements
from dagster_project.files.typesetting import as_markdown, set_png

_SQL = statements(__file__)
_PPI = 80
_SET = b"""
#set page(width: auto, height: auto, margin: 8pt)
#let shown = json(bytes(sys.inputs.picture))
#text(size: 10pt, lang: "fr", shown.title)
#image(bytes(shown.svg), format: "svg", width: 18cm)
"""


def pot_that_ends_first(connection: duckdb.DuckDBPyConnection, pages: Iterable[Path]) -> str:
    """Its days, as the page of its authority draws them, in Markdown; empty where no pot is drawn."""
    by_authority = {page.parent.name: page for page in pages}
    for authority_id, campaign_id in connection.execute(_SQL["pots"]).fetchall():
        if page := by_authority.get(authority_id):
            root = html.fromstring(page.read_text("utf-8"))
            name = f"enveloppe-{campaign_id}"
            for svg in root.xpath("//svg[@aria-labelledby=$name]", name=name):
                for text in svg.iter("text"):
                    text.set("fill", "#222222")  # the page's style does it there
                title = root.get_element_by_id(name).text_content()
                content = {"title": title, "svg": etree.tostring(svg, encoding="unicode")}
                return as_markdown(title, set_png(_SET, "picture", content, _PPI))
    return ""
