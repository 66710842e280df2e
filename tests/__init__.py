"""The tests: few and telling. tests/conftest.py builds the house they look at."""
