"""Planted gaps are found and their causes named. `python -m tests.planted 200` prints the table of 200 plants."""

from __future__ import annotations

import pytest

from servicecircle.causes import Cause
from tests.planted import Score, score

LEAST = 0.95


@pytest.fixture(scope="module")
def found() -> Score:
    """Plant each cause, and none, four times."""
    return score(range(40))


@pytest.mark.parametrize("cause", list(Cause))
def test_a_planted_cause_is_named_and_named_for_no_other(found: Score, cause: Cause) -> None:
    assert found.planted[cause] == 4
    assert found.recall(cause) >= LEAST, found.wrong
    assert found.precision(cause) >= LEAST, found.wrong


def test_no_gap_is_told_where_none_is_planted(found: Score) -> None:
    assert sum(found.told.values()) == sum(found.planted.values()), found.wrong
