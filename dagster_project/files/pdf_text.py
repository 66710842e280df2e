"""The text that a PDF's pages show, as its reader reads it."""

from contextlib import closing

from pypdfium2 import PdfDocument


def shown_texts(pdf: bytes) -> list[str]:
    """The text of each page: letters are numbers of glyphs, only a reader has them. Raises PdfiumError."""
    with closing(PdfDocument(pdf)) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [page.replace("\ufffe", "-") for page in pages]  # PDFium's sign of a hyphen at the end of a line
