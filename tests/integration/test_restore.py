"""Backup and restore on the real embedded parts: what they refuse, how an interrupted one goes on (R44, R63)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from service import bootstrap, supervisor
from service.adapters.erasure_ledger import FILE
from service.documents import Upload
from service.errors import (
    ConflictError,
    InvalidRequestError,
    LedgerDamagedError,
    RefusedError,
    RestorePendingError,
    SettingsError,
)
from service.folder import DataFolder
from service.policy.access import DocumentId, Principal, Role
from service.ports import DocumentState
from service.product import Ringfence, assemble
from service.settings import Settings, load
from service.supervisor import parts
from service.supervisor.backing_up import backup
from service.supervisor.rebuilding import rebuild
from service.supervisor.restoring import Sources, restore
from service.supervisor.serving import serving

GONE = "The heron pavilion behind the boathouse is let to Marigold Quist until October."
KEPT = "The canteen serves lentil soup on Thursdays."

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """A knowledge base of which a backup was made before a document was erased."""

    home: Path
    ledger: Path
    who: Principal
    gone: DocumentId
    kept: DocumentId

    def sources(self, **others: Path | None) -> Sources:
        """Return where the backup is, or somewhere else."""
        places = {"data": self.home / "backup", "keys": self.home / "keys", "ledger": self.ledger}
        return Sources(**(places | others))  # type: ignore[arg-type]  # Path | None


def _said(*_: object) -> None:
    """Nobody watches."""


@contextmanager
def _product(settings: Settings) -> Iterator[Ringfence]:
    folder = DataFolder(settings.data_dir)
    stores = parts.stores(settings, folder)
    with serving(settings, folder, stores), bootstrap.opened(settings) as adapters:
        yield assemble(adapters, bootstrap.limits(settings))


def _uploaded(product: Ringfence, who: Principal, text: str) -> DocumentId:
    view, job = product.documents.register(who, Upload(content=text.encode(), file_name="a.txt"))
    product.ingestion.run(who.tenant_id, job.id)
    assert product.documents.get(who, view.id).state is DocumentState.READY
    return view.id


@pytest.fixture(scope="module")
def backed(tmp_path_factory: pytest.TempPathFactory) -> Backed:
    home = tmp_path_factory.mktemp("backed")
    settings = load(data_dir=home / "first", ledger=home / "ledger")
    supervisor.initialise(settings)
    with _product(settings) as product:
        tenant = product.principals.add_tenant("acme")
        _, token = product.principals.issue(tenant.id, name="test", role=Role.ADMIN)
        who = product.principals.authenticate(token)
        gone, kept = _uploaded(product, who, GONE), _uploaded(product, who, KEPT)
        backup(settings, home / "backup", home / "keys", tell=_said)  # while it runs
        job = product.erasure.request(who, gone)
        product.erasure.run(who.tenant_id, job.id)
        assert product.erasure.remains(who.tenant_id, gone).nothing
    return Backed(home=home, ledger=home / "ledger", who=who, gone=gone, kept=kept)


def _new(backed: Backed, name: str, **others: object) -> Settings:
    return load(**{"data_dir": backed.home / name, "ledger": backed.home / f"{name}-ledger", **others})


def test_a_restore_erases_again_indexes_anew_and_serves(backed: Backed) -> None:
    settings = _new(backed, "whole")
    replayed, indexed = restore(settings, backed.sources(), tell=_said)
    assert (replayed.documents, replayed.revived, indexed) == (1, 1, 1)
    assert rebuild(settings, every=False, tell=_said) == 0
    with _product(settings) as product:
        assert [one.id for one in product.documents.page(backed.who, limit=9)] == [backed.kept]
        assert [hit.document_id for hit in product.searching.search(backed.who, KEPT, limit=5)] == [backed.kept]
        assert product.erasure.remains(backed.who.tenant_id, backed.gone).nothing
        with pytest.raises(RefusedError):
            product.documents.register(backed.who, Upload(content=GONE.encode(), file_name="b.txt"))
        job = product.erasure.request(backed.who, backed.kept)  # and erasures go on in the ledger
        product.erasure.run(backed.who.tenant_id, job.id)
    assert bootstrap.erasure_ledger(settings).head().number == 3


def test_a_restore_that_was_interrupted_after_loading_is_shut_until_it_is_run_again(backed: Backed) -> None:
    settings = _new(backed, "interrupted")

    def interrupt(stage: str, *_: object) -> None:
        if stage == "erasing again":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(settings, backed.sources(), tell=interrupt)
    with pytest.raises(RestorePendingError):
        bootstrap.build(settings)
    assert supervisor.up(settings) == 1
    with pytest.raises(RestorePendingError):
        backup(settings, backed.home / "b2", backed.home / "k2", tell=_said)
    restore(settings, backed.sources(), tell=_said)
    bootstrap.build(settings)
    with _product(settings) as product:
        assert product.erasure.remains(backed.who.tenant_id, backed.gone).nothing


def test_a_restore_without_a_ledger_brings_the_erased_back_and_is_on_record(backed: Backed) -> None:
    settings = _new(backed, "without")
    replayed, indexed = restore(settings, backed.sources(ledger=None), tell=_said)
    assert (replayed.documents, indexed) == (0, 2)
    with _product(settings) as product:
        assert product.documents.get(backed.who, backed.gone).state is DocumentState.READY
        with product.documents.database.transaction(backed.who.tenant_id) as transaction:
            (told,) = transaction.audit.page(limit=9, action="backup_restored")
    assert told.facts["ledger"] is False


def test_a_missing_ledger_refuses_the_restore(backed: Backed) -> None:
    with pytest.raises(LedgerDamagedError, match="--without-ledger"):
        restore(_new(backed, "x"), backed.sources(ledger=backed.home / "nowhere"), tell=_said)
    assert not (backed.home / "x").exists()


@pytest.mark.parametrize("how", ["cut", "changed", "another"])
def test_a_damaged_ledger_refuses_the_restore(backed: Backed, how: str, tmp_path: Path) -> None:
    whole = (backed.ledger / FILE).read_bytes()
    damaged = {"cut": b"", "changed": whole.replace(b'"chunk_count":1', b'"chunk_count":2'), "another": b""}[how]
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / FILE).write_bytes(damaged)
    if how == "another":
        shutil.copytree(_another(tmp_path), tmp_path / "ledger", dirs_exist_ok=True)
    with pytest.raises(LedgerDamagedError):
        restore(_new(backed, f"x-{how}"), backed.sources(ledger=tmp_path / "ledger"), tell=_said)
    assert not (backed.home / f"x-{how}").exists()


def _another(home: Path) -> Path:
    from service.adapters.erasure_ledger import FileErasureLedger, HeadNote  # noqa: PLC0415 - of this case alone
    from service.adapters.memory.keeping import InMemorySigner  # noqa: PLC0415 - likewise

    FileErasureLedger(home / "other", note=HeadNote(home / "head"), signer=InMemorySigner()).begin()
    return home / "other"


def test_a_changed_backup_refuses_the_restore(backed: Backed, tmp_path: Path) -> None:
    shutil.copytree(backed.home / "backup", tmp_path / "backup")
    with (tmp_path / "backup" / "database.dump").open("ab") as file:
        file.write(b"x")
    with pytest.raises(InvalidRequestError, match=r"database\.dump was changed"):
        restore(_new(backed, "x"), backed.sources(data=tmp_path / "backup"), tell=_said)


def test_nothing_is_restored_over_what_is_there(backed: Backed) -> None:
    settings = load(data_dir=backed.home / "first", ledger=backed.ledger)
    with pytest.raises(ConflictError, match="is not empty"):
        restore(settings, backed.sources(), tell=_said)


def test_a_backup_goes_into_empty_folders_apart(backed: Backed, tmp_path: Path) -> None:
    settings = load(data_dir=backed.home / "first", ledger=backed.ledger)
    for data, keys in (("b", "b"), ("b", "b/keys"), ("k/b", "k")):
        with pytest.raises(SettingsError, match="apart"):
            backup(settings, tmp_path / data, tmp_path / keys, tell=_said)
    with pytest.raises(SettingsError, match="inside the data folder"):
        backup(settings, backed.home / "first" / "b", tmp_path / "k", tell=_said)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(ConflictError, match="is not empty"):
        backup(settings, tmp_path / "full", tmp_path / "k", tell=_said)


def test_the_data_half_holds_no_key_and_neither_half_the_ledger(backed: Backed) -> None:
    names = {path.name for path in (backed.home / "backup").rglob("*")}
    assert names.isdisjoint({"keys.sqlite", "master.key", "audit.key", FILE, "ledger.head", "tokens"})
    keys = {path.name for path in (backed.home / "keys").rglob("*")}
    assert keys == {"keys.sqlite", "master.key", "audit.key", "manifest.json"}
    for path in (*(backed.home / "backup").rglob("*"), *(backed.home / "keys").rglob("*")):
        assert b"Marigold" not in (path.read_bytes() if path.is_file() else b"")
