"""Spreadsheets: one page per sheet, hidden sheets included."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import archives, rows
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | float | bool | datetime | date | time | timedelta


def read(content: bytes, limits: Limits) -> Document:
    """Parse an .xlsx. Formulas count as the values they were saved with."""
    archives.opened(content, limits).close()
    text = CanonicalText(limits)
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        sheets = [one.name for one in workbook.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
        if len(sheets) > limits.max_pages:
            raise too_many_pages(limits)
        for name in sheets:
            text.add_page(_lines(workbook, name))
    except CalamineError as error:
        raise UnreadableError(Unreadable.DAMAGED, "the workbook is damaged") from error
    return text.document(media_type=MEDIA_TYPE)


def _lines(workbook: CalamineWorkbook, name: str) -> Iterator[str]:
    cells = workbook.get_sheet_by_name(name).iter_rows()
    found = rows.lines([_shown(cell) for cell in row] for row in cells)
    first = next(found, None)
    if first is not None:
        yield f"Sheet: {name}"
        yield first
        yield from found


def _shown(cell: Cell) -> str:
    match cell:
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return f"{cell:.15g}"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case _:
            return str(cell)
