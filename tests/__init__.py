"""The tests: few and telling. tests/conftest.py builds the house they look at."""

import pytest

# Before any of them is imported: what they assert says why it fails, as in the tests themselves.
pytest.register_assert_rewrite("tests.support", "tests.reference", "tests.bench")
