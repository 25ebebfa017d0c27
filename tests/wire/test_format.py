"""FORMAT.md says what the code does: every label, limit and number in its tables."""

import importlib
import math
import re
from pathlib import Path

import pytest

import intake.wire
from intake.wire import labels
from intake.wire.codename import COST
from intake.wire.padme import bucket
from intake.wire.record import CAPACITY, MAX_MEDIA_TYPE, MAX_NAME, TRAILER
from tests.wire.support import header

FORMAT = (Path(intake.wire.__file__).parent / "FORMAT.md").read_text("utf-8")
CODE = "\n".join(path.read_text() for path in Path(intake.wire.__file__).parent.glob("*.py"))


def rows(section: str) -> list[list[str]]:
    """The cells of every table row under a heading."""
    body = re.split(rf"^#+ {re.escape(section)} .*$", FORMAT, maxsplit=1, flags=re.MULTILINE)[1]
    body = re.split(r"^##", body, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in body.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_label_of_a_derivation_is_there():
    table = {row[0].strip("`"): row for row in rows("F2.1") if row[0].startswith("`")}
    code = {
        name: value
        for name, value in vars(labels).items()
        if name.isupper() and not name.startswith(("MAGIC", "SIGN_", "HPKE"))
    }
    assert set(table) == set(code)
    for name, value in code.items():
        assert table[name][1].strip("`").encode() == value
        assert bytes.fromhex(table[name][2].strip("`")) == value


def test_every_other_constant_is_there():
    table = {row[0].strip("`"): row for row in rows("F2.2") if row[0].startswith("`")}
    code = {
        name: value
        for name, value in vars(labels).items()
        if name.startswith(("MAGIC", "SIGN_", "HPKE"))
    }
    assert set(table) == set(code)
    for name, value in code.items():
        assert table[name][1].strip("`").replace("\\0", "\0").encode() == value
        assert int(table[name][2]) == len(value)


LIMITS = [row for row in rows("F10") if row[0].startswith("`")]


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row[0])
def test_a_limit_is_what_the_code_has(row):
    module, name = row[0].strip("`").split(".")
    value = getattr(importlib.import_module(f"intake.wire.{module}"), name)
    assert value == int(row[1].replace(",", ""))


def test_every_limit_is_there():
    listed = {row[0].strip("`").split(".")[1] for row in LIMITS}
    code = set(re.findall(r"^(MAX_[A-Z_]+): Final", CODE, flags=re.MULTILINE))
    assert code <= listed


def test_every_section_that_the_code_cites_is_there():
    cited = set(re.findall(r"\bF\d+(?:\.\d+)?\b", CODE))
    there = set(re.findall(r"^#+ (F\d+(?:\.\d+)?) ", FORMAT, flags=re.MULTILINE))
    assert cited
    assert cited <= there


def test_the_strength_of_a_codename_is_calculated_right():
    for words, seven, less in (row for row in rows("F5.3") if row[0][:1].isdigit()):
        bits = 7 * math.log2(int(words.split()[0].replace(",", "")))
        assert (seven, less) == (f"{bits:.2f}", f"{bits - 8:.2f}")
    assert (COST.memory_kib, COST.passes) == (19_456, 2)


def test_the_numbers_in_the_text_are_right():
    assert len(header(name="", media_type="").serialise()) == 97
    assert 97 + MAX_NAME + MAX_MEDIA_TYPE == 4_448
    assert CAPACITY - TRAILER - 97 == 65_378
    assert [bucket(n) for n in (1, 8, 9, 129, 16_385)] == [1, 8, 10, 144, 17_408]
    year = 365.25 * 86_400
    half = 2**82.47 / 2
    assert f"{half:.1e}" == "3.3e+24"
    assert round(half / (43 * 1e6) / year / 1e9, 1) == 2.5
    assert round(half / (12_500 * 1e6) / year / 1e6) == 8
