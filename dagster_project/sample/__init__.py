"""Made-up drops of made-up operators, and the truth of every row in them.

The same `Spec` and the same reference tables give the same bytes. Not here: reading drops; the
truth is what the reader is judged by, so nothing of the reader is used.
"""

from dagster_project.sample.drops import Drop, generate, generate_by_month, write
from dagster_project.sample.faulty import faulty_files
from dagster_project.sample.spec import Spec

__all__ = ["Drop", "Spec", "faulty_files", "generate", "generate_by_month", "write"]
