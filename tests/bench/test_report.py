import pytest

from bench.report import Table, verdict


@pytest.mark.parametrize(
    ("figure", "at_most", "said"),
    [(120, True, "met"), (150, True, "missed by 25%"), (120, False, "met"), (60, False, "missed by 50%")],
)
def test_a_report_says_by_how_much_an_aim_is_met_or_missed(figure: float, at_most: bool, said: str) -> None:
    assert verdict(figure, aim=120, at_most=at_most) == said


def test_a_table_is_markdown_with_figures_to_the_right() -> None:
    table = Table("Speed", ["what", "rate"], notes=["By turns."])
    table.add("product", "10")

    assert str(table).splitlines() == [
        "## Speed",
        "",
        "| what    | rate |",
        "| ------- | ---: |",
        "| product |   10 |",
        "",
        "By turns.",
    ]
