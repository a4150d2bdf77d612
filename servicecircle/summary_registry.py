"""What the terminal shows of a registry: its log."""

from __future__ import annotations

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["print_log"]

_SHOWN = 3


def print_log(commits: pd.DataFrame) -> None:
    """Print commits, a row each: when, who, why, from which file, and the places."""
    console = Console()
    title = "[b]修改记录 log[/b]"
    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("次\nno.", justify="right", no_wrap=True)
    table.add_column("时间\nat (UTC)", no_wrap=True)
    for head in ("何人\nauthor", "缘由，来源\nreason, source"):
        table.add_column(head, overflow="fold")
    table.add_column("+增 ~改 -删\nadded etc.", no_wrap=True)
    table.add_column("点位\nplaces", overflow="fold")
    for row in commits.to_dict("records"):
        names = row["facility_ids"]
        more = f" … ({len(names)})" if len(names) > _SHOWN else ""
        why = ", ".join(str(row[key]) for key in ("reason", "source") if row[key])
        counts = f"+{row['added']} ~{row['changed']} -{row['removed']}"
        at = str(row["at"])[:16].replace("T", " ")
        cells = (row["commit_id"], at, row["author"], why, counts, " ".join(names[:_SHOWN]) + more)
        table.add_row(*(Text(str(cell)) for cell in cells))
    console.print(table)
