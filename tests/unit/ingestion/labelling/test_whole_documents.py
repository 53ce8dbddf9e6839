"""What a document says once counts for all of it: headers of tables, headings, marks, titles, file names (R1)."""

import pytest

from ingestion.labelling.marks import marks_of_line, marks_of_name
from ingestion.sensitivity import Category
from tests.unit.ingestion.labelling.doubles import a_labeller, cut, labels_of

_LABELLER = a_labeller()
_PLAIN = "The cafeteria opens at noon and closes at two. Visitors register at the front desk. "
_FACTS = "The committee met twice and agreed on the order of the items. Nothing was postponed to the next meeting. "


def _table(header: str, row: str, rule: str = "") -> str:
    return "\n".join([header, *([rule] if rule else []), *(row.format(number) for number in range(300))])


@pytest.mark.parametrize(
    ("header", "row", "category"),
    [
        ("Grade | Salary", "{0} | 51{0:03}", Category.PII),
        ("| Ward | Diagnosis |", "| {0} | asthma |", Category.PHI),
        ("Cost centre | Account number", "{0} | 7734{0:04}", Category.PCI),
        ("Host | Password", "web{0} | quiet river", Category.TRADE_SECRET),
        ("Code\tGross pay", "{0}\t51{0:03}", Category.PII),
        ("Kostenstelle;Gehalt;Stufe", "{0};51{0:03};7", Category.PII),
        ("Code,Date of birth,Grade", "{0},1970-01-02,7", Category.PII),
    ],
)
def test_every_chunk_of_a_long_table_has_the_header_that_only_the_first_one_shows(
    header: str, row: str, category: Category
) -> None:
    rule = "|---|---|" if header.startswith("|") else ""
    chunks = cut(f"{_PLAIN}\n\n{_table(header, row, rule)}", max_tokens=120, overlap=8)
    labels = labels_of(chunks, _LABELLER)

    assert len(chunks) > 5
    assert all(category in label.categories for label in labels)
    assert all(
        finding.end <= len(chunk.text)
        for chunk, label in zip(chunks, labels, strict=True)
        for finding in label.findings
    )


def test_a_long_cell_is_under_its_columns_name_in_every_chunk() -> None:
    """Rows as the parsers write them, a cell of which is longer than a chunk."""
    text = f"Room: 4 | Diagnosis: {_FACTS * 6}| Floor: 2"
    labels = labels_of(cut(text, max_tokens=30), _LABELLER)

    assert len(labels) > 4
    assert all(Category.PHI in label.categories for label in labels[:-1])


def test_the_detectors_read_each_cell_behind_its_columns_name() -> None:
    """A number without any word beside it is an account where its column says so."""
    chunks = cut(_table("Team | MRN", "{0} | 88{0:05}"), max_tokens=120)
    labels = labels_of(chunks, _LABELLER)

    assert all("medical_record_number" in {finding.kind for finding in label.findings} for label in labels)


def test_a_table_of_harmless_columns_stays_harmless() -> None:
    text = f"{_PLAIN}\n\n{_table('Room | Seats', '{0} | 12')}"
    labels = labels_of(cut(text, max_tokens=120), _LABELLER, file_name="rooms.txt")

    assert all(label.harmless for label in labels)


def test_a_marked_memo_is_privileged_in_every_chunk_wherever_it_is_cut() -> None:
    memo = f"PRIVILEGED AND CONFIDENTIAL\nATTORNEY-CLIENT COMMUNICATION\n\nTO: THE BOARD\n\n{_FACTS * 8}"
    for tokens in range(40, 80, 3):
        labels = labels_of(cut(memo, max_tokens=tokens, overlap=4), _LABELLER)
        assert all(Category.LEGAL_PRIVILEGE in label.categories for label in labels)


def test_a_marked_section_is_sensitive_to_its_end_and_no_further() -> None:
    text = (
        f"# Minutes\n\n{_FACTS * 4}\n\n## Discharge summary\n\n{_FACTS * 3}\n\n### Course\n\n{_FACTS * 3}\n\n"
        f"## Other items\n\n{_PLAIN * 5}"
    )
    chunks = cut(text, max_tokens=40)
    labels = labels_of(chunks, _LABELLER)
    start, end = text.index("## Discharge"), text.index("## Other")
    for chunk, label in zip(chunks, labels, strict=True):
        inside = chunk.end > start and chunk.start < end
        assert (Category.PHI in label.categories) is inside, chunk.text


@pytest.mark.parametrize(
    "names",
    [{"title": "Discharge summary"}, {"file_name": "payroll_2024-03.txt"}, {"file_name": "Plan (confidential).docx"}],
)
def test_a_title_or_file_name_that_says_so_raises_every_chunk(names: dict[str, str]) -> None:
    labels = labels_of(cut(_PLAIN * 8, max_tokens=40), _LABELLER, **names)

    assert len(labels) > 3
    assert not any(label.harmless for label in labels)
    assert {finding.kind for label in labels for finding in label.findings} == {"document_marker"}


def test_a_persons_name_in_the_title_makes_no_chunk_personal() -> None:
    labels = labels_of(cut(_PLAIN * 8, max_tokens=40), _LABELLER, title="Notes of Maria Gonzalez, maria@example.org")

    assert all(label.harmless for label in labels)


def test_a_running_footer_marks_every_page() -> None:
    """R1: also on the first page, and where the footer is no line of its own that could be taken for a heading."""
    pages = [f"{_FACTS * 3}\nStrictly confidential, page {number}." for number in range(1, 6)]
    labels = labels_of(cut("\n\n".join(pages), max_tokens=20, overlap=4), _LABELLER)

    assert len(labels) > 15
    assert all(Category.TRADE_SECRET in label.categories for label in labels)


def test_the_subject_of_a_mail_marks_all_of_it() -> None:
    text = f"From: the board\nSubject: Attorney-client privileged; the next meeting\n\n{_FACTS * 6}"
    labels = labels_of(cut(text, max_tokens=30), _LABELLER)

    assert len(labels) > 4
    assert all(Category.LEGAL_PRIVILEGE in label.categories for label in labels)


@pytest.mark.parametrize(
    "line",
    ["Confidential information", "Payroll calendar", "Medical record retention policy", "How to request a pay slip",
     "What is attorney-client privilege?", "Passwords", "Payroll", "Performance reviews",
     "Confidentiality", "Health benefits"],
)  # fmt: skip
def test_headings_that_introduce_a_subject_are_no_marks(line: str) -> None:
    assert marks_of_line(line) == frozenset()


@pytest.mark.parametrize(
    ("line", "category"),
    [
        ("CONFIDENTIAL", Category.TRADE_SECRET),
        ("WITHOUT PREJUDICE", Category.LEGAL_PRIVILEGE),
        ("Price plan - confidential", Category.TRADE_SECRET),
        ("Streng vertraulich", Category.TRADE_SECRET),
        ("Privileged & Confidential", Category.LEGAL_PRIVILEGE),
        ("Entlassungsbericht", Category.PHI),
        ("Historia cl\u00ednica", Category.PHI),
        ("Compte-rendu m\u00e9dical", Category.PHI),
        ("Patient record", Category.PHI),
        ("Payroll register March", Category.PII),
        ("Gehaltsliste 2024", Category.PII),
    ],
)
def test_marks_are_known_in_four_languages(line: str, category: Category) -> None:
    assert category in marks_of_line(line)


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("payroll_2024.xlsx", Category.PII),
        ("2024-patient-record-0042.pdf", Category.PHI),
        ("Salaries.csv", Category.PII),
        ("q3_plan_CONFIDENTIAL.docx", Category.TRADE_SECRET),
        ("passwords.txt", Category.TRADE_SECRET),
    ],
)
def test_file_names_say_what_a_document_is(name: str, category: Category) -> None:
    assert category in marks_of_name(name)


@pytest.mark.parametrize(
    "name", ["confidential_information_policy.pdf", "payroll-calendar.pdf", "password policy.docx", "handbook.md"]
)
def test_file_names_of_rules_say_nothing(name: str) -> None:
    assert marks_of_name(name) == frozenset()
