"""The text that a PDF's pages show, as its reader reads it."""

from contextlib import closing
from threading import Lock

from pypdfium2 import PdfDocument

_READER = Lock()  # PDFium serves one thread at a time


def shown_texts(pdf: bytes) -> list[str]:
    """The text of each page: letters are numbers of glyphs, only a reader has them. Raises PdfiumError."""
    with _READER, closing(PdfDocument(pdf)) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [page.replace("\ufffe", "-") for page in pages]  # PDFium's sign of a hyphen at the end of a line
