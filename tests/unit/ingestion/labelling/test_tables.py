"""Which cells lie where, under which names."""

from ingestion.labelling.tables import cells_of


def named(text: str) -> list[tuple[str, str]]:
    """Return column and value of every cell."""
    return [(cell.column, text[cell.start : cell.end]) for cell in cells_of(text)]


def test_rows_of_a_markdown_table_have_the_names_of_its_header() -> None:
    text = "Pay\n\n| Grade | Salary |\n|-------|-------:|\n| 7 | 51,000 |\n| 8 | 58,500 |\n\nEnd of it."

    assert named(text) == [("Grade", "7"), ("Salary", "51,000"), ("Grade", "8"), ("Salary", "58,500")]


def test_rows_between_bars_have_the_names_of_their_first_line() -> None:
    assert named("Ward | Diagnosis\n3 | asthma\n4 | gout") == [
        ("Ward", "3"),
        ("Diagnosis", "asthma"),
        ("Ward", "4"),
        ("Diagnosis", "gout"),
    ]


def test_a_title_may_stand_above_the_names() -> None:
    assert named("Quarter 3 | | \nCity | Month | Rent\nBonn | May | 900")[:3] == [
        ("City", "Bonn"),
        ("Month", "May"),
        ("Rent", "900"),
    ]


def test_tabs_semicolons_and_commas_make_tables_of_plain_text() -> None:
    for delimiter in "\t;,":
        lines = [delimiter.join(row) for row in (["Code", "City", "Rent"], ["1", "Bonn", "900"], ["2", "Ulm", "870"])]
        assert named("\n".join(lines))[:3] == [("Code", "1"), ("City", "Bonn"), ("Rent", "900")]


def test_rows_as_our_parsers_write_them_carry_their_names_inline() -> None:
    text = "Name | IBAN\nName: Ada | IBAN: DE89\nName: Bob | IBAN: DE90"

    assert named(text) == [("Name", "Ada"), ("IBAN", "DE89"), ("Name", "Bob"), ("IBAN", "DE90")]
    assert all(cell.inline for cell in cells_of(text))


def test_a_table_goes_on_behind_a_page_break_but_not_behind_a_sentence() -> None:
    table = "Ward | Diagnosis\n3 | asthma\n\n4 | gout"

    assert named(table)[-1] == ("Diagnosis", "gout")
    assert named(f"{table}\n\nWe open at nine.\n\n5 | nine") == named(table)


def test_a_header_that_may_be_a_row_of_the_table_above_leaves_both_names() -> None:
    """A row of words looks like a header; the names above stay in force all the same."""
    text = "Ward | Diagnosis\n3 | asthma\n\nWard four | chronic gout\n5 | flu"

    assert ("Diagnosis", "chronic gout") in named(text)
    assert ("Diagnosis", "flu") in named(text)


def test_sentences_with_commas_are_no_table() -> None:
    text = "We have tea, cake, and juice that we make ourselves each day.\nCome, sit down, and have a cup with us.\n"

    assert named(text) == []


def test_a_second_table_right_below_has_its_own_names() -> None:
    text = "Room | Seats\n3 | 12\n\nWard | Diagnosis\n4 | gout"

    assert {("Diagnosis", "gout"), ("Ward", "4")} <= set(named(text))


def test_rows_that_stand_apart_keep_the_names_of_the_first() -> None:
    assert named("Ward | Diagnosis\n\n3 | asthma\n\nfour | gout\n\n5 | flu")[-2:] == [("four", "5"), ("gout", "flu")]
    assert ("Diagnosis", "flu") in named("Ward | Diagnosis\n\n3 | asthma\n\nfour | gout\n\n5 | flu")
