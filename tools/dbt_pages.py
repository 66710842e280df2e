"""`make docs`: the models' home page, columns, tests and lineage as one file that any browser opens."""

import tempfile
from pathlib import Path

from dagster_project.warehouse import dbt_run

TARGET = dbt_run.FOLDER / "target" / "pages.html"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
        pages = dbt_run.pages(Path(folder)).read_bytes()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(pages)
    print(f"Open {TARGET.as_uri()} in a browser; lineage is behind the button at the lower right.")


if __name__ == "__main__":
    main()
