"""A folder for a store, and the store in it."""

from pathlib import Path

import pytest

from tests.store.contract import Reopen
from tests.store.directory import directory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def reopen(folder: Path) -> Reopen:
    return lambda: directory(folder)
