"""data/notes: what happened and may have changed how people carpool (CONVENTION annexe 4, last item).

One text per event, named after its day: `<campaign>/<day>.txt` for every operator of the campaign,
`<campaign>/<operator>/<day>.txt` for one.
"""

from datetime import date
from pathlib import Path
from typing import Any


def read_notes(
    folder: Path, campaigns: set[str], operators: set[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The notes as rows, by place and day; what is wrong, one line each: file, what, remedy."""
    rows, messages = [], []
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        campaign_id, *operator, name = file.relative_to(folder).parts
        try:
            if file.suffix != ".txt" or len(operator) > 1:
                raise ValueError(name)
            noted_on, text = date.fromisoformat(file.stem), file.read_text("utf-8").strip()
        except ValueError:
            messages.append(
                f"{file}: n'est pas une note ; écrire un texte UTF-8 nommé <campagne>/2021-04-03.txt "
                "ou <campagne>/<opérateur>/2021-04-03.txt"
            )
            continue
        if campaign_id not in campaigns or not set(operator) <= operators:
            messages.append(f"{file}: campagne ou opérateur inconnu de data/ ; corriger le nom du dossier")
        rows.append(
            {
                "campaign_id": campaign_id,
                "operator_id": operator[0] if operator else None,
                "noted_on": noted_on,
                "note": text,
            }
        )
    return rows, messages
