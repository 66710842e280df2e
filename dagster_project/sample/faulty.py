"""Files that cannot be read at all, each refused whole with one code of FILE_RULES."""

import gzip

from dagster_project.contracts.layouts import V3_COLUMNS

_HEADER = ",".join(V3_COLUMNS)
_LINE = ",".join('""' for _ in V3_COLUMNS)
_PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
)


def faulty_files() -> list[tuple[str, bytes, str]]:
    """Name, bytes and the file rule each must be refused for."""
    many_lines = f"{_HEADER}\n" + f"{_LINE}\n" * 200
    return [
        ("vide.csv", b"", "file_empty"),
        ("vide.csv.gz", gzip.compress(b"", mtime=0), "file_empty"),
        ("en_tete_inconnu.csv", "trajet,départ,arrivée\n1,Gex,Genève\n".encode(), "file_unknown_header"),
        ("image.csv", _PNG, "file_not_text"),
        ("utf16.csv", f"{_HEADER}\n{_LINE}\n".encode("utf-16"), "file_not_text"),
        ("latin1.csv", f"{_HEADER}\nÉté{_LINE}\n".encode("latin-1"), "file_not_text"),
        ("en_tete_seul.csv", f"{_HEADER}\n".encode(), "file_empty"),
        ("sans_fin_de_ligne.csv", f"{_HEADER}\n{'x' * 1_100_000}\n".encode(), "line_too_long"),
        ("bombe.csv.gz", gzip.compress(b"0" * 80_000_000, mtime=0), "file_too_large"),
        ("autre_operateur.csv", f"{_HEADER},operator\n{_LINE},karavane\n".encode(), "operator_mismatch"),
        ("tronque.csv.gz", gzip.compress(many_lines.encode(), mtime=0)[:-40], "file_unreadable"),
    ]
