"""Results as tables in Markdown, aligned for a terminal too."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def __str__(self) -> str:
        """Markdown: the first column to the left, figures to the right."""
        widths = [max(len(row[place]) for row in [self.columns, *self.rows]) for place in range(len(self.columns))]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines = [
            "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |"
            for row in [self.columns, rule, *self.rows]
        ]
        return "\n".join([f"## {self.title}", "", *lines, *(f"\n{note}" for note in self.notes), ""])


def verdict(figure: float, *, aim: float, at_most: bool) -> str:
    """Says whether an aim is met, or by how much it is missed."""
    if figure <= aim if at_most else figure >= aim:
        return "met"
    return f"missed by {abs(figure / aim - 1):.0%}"
