"""The promises of ports.ErasureLedger, kept by the twin and by the file alike (R44)."""

import json
import multiprocessing
import stat
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service.adapters.erasure_ledger import FILE, FileErasureLedger, HeadNote
from service.adapters.memory.erasure_ledger import InMemoryErasureLedger
from service.adapters.signing import Ed25519Signer, create_signing_key
from service.errors import LedgerDamagedError, PartUnavailableError
from service.policy.access import DocumentId, ErasureId, KeyId, TenantId, TurnId
from service.ports import (
    ErasedActor,
    ErasedDocument,
    ErasedRequest,
    ErasedTenant,
    ErasedTurn,
    ErasureLedger,
    LedgerEntry,
    LedgerHead,
)
from tests.records import NOON, a_refusal

TENANT = TenantId(UUID(int=1))


def a_file_ledger(home: Path) -> FileErasureLedger:
    if not (home / "audit.key").exists():
        create_signing_key(home / "audit.key")
    return FileErasureLedger(home / "ledger", note=HeadNote(home / "head"), signer=Ed25519Signer(home / "audit.key"))


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> ErasureLedger:
    return InMemoryErasureLedger() if request.param == "memory" else a_file_ledger(tmp_path)


def a_document() -> ErasedDocument:
    document = DocumentId(uuid4())
    refusal = a_refusal(TENANT, document)
    return ErasedDocument(
        tenant_id=TENANT, document_id=document, chunk_count=3, erased_at=NOON, erased_by=KeyId(uuid4()), refusal=refusal
    )


def some_entries() -> list[LedgerEntry]:
    return [
        a_document(),
        ErasedTurn(tenant_id=TENANT, turn_id=TurnId(uuid4()), erased_at=NOON),
        ErasedActor(tenant_id=TENANT, actor=KeyId(uuid4()), erased_at=NOON),
        replace(a_document(), refusal=None, erased_by=None),
        ErasedRequest(tenant_id=TENANT, request_id=ErasureId(uuid4()), erased_at=NOON),
        ErasedTenant(tenant_id=TenantId(uuid4()), erased_at=NOON),
    ]


def test_what_was_appended_is_there_in_order(ledger: ErasureLedger) -> None:
    entries = some_entries()
    ledger.append(entries[:1])
    ledger.append(entries[1:])
    assert ledger.entries() == tuple(entries)


def test_appending_twice_adds_nothing(ledger: ErasureLedger) -> None:
    entries = some_entries()
    ledger.append([entries[0], entries[0]])
    ledger.append(entries)
    head = ledger.head()
    ledger.append(entries)
    assert ledger.entries() == tuple(entries)
    assert ledger.head() == head


def test_it_tells_which_ids_it_lacks(ledger: ErasureLedger) -> None:
    entries, other = some_entries(), uuid4()
    ledger.append(entries)
    assert ledger.missing([*(one.subject for one in entries), other]) == {other}
    assert ledger.missing([]) == frozenset()


def test_a_head_is_reached_by_what_goes_on_from_it_and_by_nothing_else(ledger: ErasureLedger) -> None:
    ledger.append(some_entries())
    head = ledger.head()
    ledger.append(some_entries())
    assert ledger.reaches(head)
    assert ledger.reaches(ledger.head())
    assert not ledger.reaches(replace(head, hash="f" * 64))
    assert not ledger.reaches(replace(ledger.head(), number=99))
    assert not ledger.reaches(LedgerHead(number=0, hash=""))


def test_an_empty_ledger_has_a_head(ledger: ErasureLedger) -> None:
    ledger.begin()
    assert ledger.head().number == 1
    assert ledger.entries() == ()


def test_the_file_is_private_and_holds_lines_of_json(tmp_path: Path) -> None:
    a_file_ledger(tmp_path).append(some_entries())
    path = tmp_path / "ledger" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [json.loads(line)["kind"] for line in path.read_text().splitlines()] == [
        "begun",
        "document",
        "turn",
        "actor",
        "document",
        "request",
        "tenant",
    ]


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    """A sweep over one bit of every byte."""
    a_file_ledger(tmp_path).append(some_entries())
    path = tmp_path / "ledger" / FILE
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(LedgerDamagedError):
            a_file_ledger(tmp_path).entries()
    path.write_bytes(whole)
    assert len(a_file_ledger(tmp_path).entries()) == 6


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_an_end_that_was_cut_off_is_found(tmp_path: Path, kept: int) -> None:
    a_file_ledger(tmp_path).append(some_entries())
    path = tmp_path / "ledger" / FILE
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:kept]))
    with pytest.raises(LedgerDamagedError):
        a_file_ledger(tmp_path).append(some_entries())


def test_a_ledger_that_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    a_file_ledger(tmp_path).append(some_entries())
    (tmp_path / "ledger" / FILE).unlink()
    with pytest.raises(LedgerDamagedError):
        a_file_ledger(tmp_path).begin()


def test_a_line_taken_out_or_moved_is_found(tmp_path: Path) -> None:
    a_file_ledger(tmp_path).append(some_entries())
    path = tmp_path / "ledger" / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in ([*lines[:2], *lines[3:]], [lines[0], lines[2], lines[1], *lines[3:]]):
        path.write_bytes(b"".join(changed))
        with pytest.raises(LedgerDamagedError):
            a_file_ledger(tmp_path).entries()


def test_a_chain_made_anew_without_the_key_is_found(tmp_path: Path) -> None:
    """Whoever can write both files but not sign."""
    entries = some_entries()
    a_file_ledger(tmp_path).append(entries)
    for name in ("head", f"ledger/{FILE}"):
        (tmp_path / name).unlink()
    (tmp_path / "forger").mkdir()
    forged = a_file_ledger(tmp_path / "forger")
    forged.append(entries[1:])
    (tmp_path / "ledger" / FILE).write_bytes((tmp_path / "forger" / "ledger" / FILE).read_bytes())
    with pytest.raises(LedgerDamagedError):
        a_file_ledger(tmp_path).entries()


def test_a_line_torn_while_it_was_written_is_written_again(tmp_path: Path) -> None:
    """R43: a crash in the middle of a line: nobody was told that it is there."""
    entries = some_entries()
    a_file_ledger(tmp_path).append(entries[:2])
    path = tmp_path / "ledger" / FILE
    with path.open("ab") as file:
        file.write(b'{"before":"')
    a_file_ledger(tmp_path).append(entries)
    assert a_file_ledger(tmp_path).entries() == tuple(entries)


def test_a_crash_before_the_note_was_written_loses_nothing(tmp_path: Path) -> None:
    entries = some_entries()
    a_file_ledger(tmp_path).append(entries[:2])
    before = (tmp_path / "head").read_bytes()
    a_file_ledger(tmp_path).append(entries)
    (tmp_path / "head").write_bytes(before)
    assert a_file_ledger(tmp_path).entries() == tuple(entries)


def test_a_folder_that_cannot_be_written_is_a_part_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where the folder should be")
    with pytest.raises(PartUnavailableError):
        a_file_ledger(tmp_path).append(some_entries())


def _append_some(home: Path, times: int) -> None:
    ledger = a_file_ledger(home)
    for _ in range(times):
        ledger.append(some_entries())


def test_processes_take_turns(tmp_path: Path) -> None:
    a_file_ledger(tmp_path).begin()
    start = multiprocessing.get_context("spawn")
    writers = [start.Process(target=_append_some, args=(tmp_path, 10)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(a_file_ledger(tmp_path).entries()) == 3 * 10 * 6
