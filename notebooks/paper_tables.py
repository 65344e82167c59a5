"""The paper's tables as DataFrames, from the files in `paper/`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent / "paper"


def paper_table(name: str) -> pd.DataFrame:
    """One table: "1", "2a" to "2e" (or "2" for all parts), "3" to "7", "appendix_b" or "timing".

    Columns in which the table has nothing are left out. Raises ValueError for a name that is not there.
    """
    number, part = (name[0], name[1:]) if name[:1].isdigit() else (name, "")
    file = FOLDER / (f"table_{number}.csv" if number.isdigit() else f"{number}.csv")
    if not file.is_file():
        raise ValueError(f"no table {name!r}: choose among 1, 2, 2a to 2e, 3 to 7, appendix_b, timing")
    table = pd.read_csv(file)
    if part:
        if "part" not in table or part not in set(table["part"]):
            raise ValueError(f"table {number} has no part {part!r}")
        table = table[table["part"] == part].drop(columns="part").reset_index(drop=True)
    return table.dropna(axis="columns", how="all")
