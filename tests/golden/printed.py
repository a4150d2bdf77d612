"""The shares that a build prints, read back from its summary."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from servicecircle.coverage import DISTRICT

WORDS = {"校园 school": "school", "社区 community": "community", "基地 base": "base"}
BASES = {"确认且定位 confirmed": "confirmed", "含候选近似 all": "all"}
CUTOFF_S = 900.0
# the table has four decimals, the summary three of the same number
ROUNDED_TWICE = 0.00056


def printed_shares(text: str) -> dict[tuple[str, str, str], str]:
    """Read the shares off the summary that a build prints."""
    found: dict[tuple[str, str, str], str] = {}
    tier = ""
    for line in text.splitlines():
        tier = next((tier for word, tier in WORDS.items() if word in line), tier)
        basis = next((basis for word, basis in BASES.items() if word in line), None)
        shares = re.findall(r"\d+\.\d%|未知", line)
        if basis and len(shares) >= 3:
            found |= {(tier, basis, m): share for m, share in zip(("radius", "level", "walk"), shares, strict=False)}
    return found


def check_printed(text: str, table: pd.DataFrame) -> None:
    """Compare every printed share with the table."""
    rows = table[(table["subdistrict"] == DISTRICT) & (table["cutoff_s"] == CUTOFF_S)]
    shares = rows.set_index(["tier", "basis", "measure"])["share"]
    printed = printed_shares(text)
    assert len(printed) == len(shares) == 18
    for key, text_share in printed.items():
        if text_share == "未知":
            assert np.isnan(shares[key])
        else:
            assert float(text_share[:-1]) / 100 == pytest.approx(shares[key], abs=ROUNDED_TWICE)
