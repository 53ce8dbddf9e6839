"""The canonical text and its page table, whatever the pages hold."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import UnreadableError
from ingestion.parsing.canonical import PAGE_BREAK, CanonicalText, cleaned
from ingestion.parsing.limits import Limits
from ingestion.parsing.rows import lines

PAGES = st.lists(st.text(st.characters() | st.sampled_from("\r\n\x00\x0c\u2028 \ud800\ufffe")), min_size=1, max_size=8)


@given(PAGES)
def test_the_page_table_is_gapless_and_each_entry_is_its_page(pages: list[str]) -> None:
    text = CanonicalText(Limits())
    for page in pages:
        text.add_page([page])
    try:
        document = text.document(media_type="text/plain")
    except UnreadableError:
        assert not any(cleaned(page).strip() for page in pages)
        return
    assert [page.number for page in document.pages] == list(range(1, len(pages) + 1))
    places = [0, *(page.end for page in document.pages)]
    assert [page.start for page in document.pages] == places[:-1]
    assert places[-1] == len(document.text)
    found = [document.text[page.start : page.end] for page in document.pages]
    assert found == [cleaned(page) + PAGE_BREAK for page in pages[:-1]] + [cleaned(pages[-1])]


@given(st.text(st.characters() | st.sampled_from("\r\n\x00\x0c\u2028 \ud800\ufffe")))
def test_canonical_text_is_encodable_has_one_line_end_and_is_stable(text: str) -> None:
    clean = cleaned(text)
    assert cleaned(clean) == clean
    assert not set(clean) & set("\r\x00\x0b\x0c\x85\u2028\u2029")
    assert clean.encode().decode() == clean


@given(st.lists(st.lists(st.text(), max_size=5), max_size=30))
def test_no_cell_of_a_table_is_lost(rows: list[list[str]]) -> None:
    rendered = "\n".join(lines(rows))
    assert all(" ".join(cell.split()) in rendered for row in rows for cell in row)


def test_a_header_below_a_title_names_the_columns_of_all_rows_beneath() -> None:
    table = [["Payroll"], ["Name", "IBAN"], *([["Ada", "DE02"]] * 40)]
    assert list(lines(table)) == ["Payroll", "Name | IBAN", *["Name: Ada | IBAN: DE02"] * 40]
