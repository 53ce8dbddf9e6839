"""`ringfence restore`: a backup into an empty place, held to the erasure ledger before anybody is served."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from service import bootstrap
from service.adapters.database.dumping import PostgresDump
from service.adapters.erasure_ledger import FILE, FileErasureLedger, HeadNote
from service.adapters.signing import Ed25519Signer
from service.adapters.vault import vault_at
from service.auditing import entry
from service.backup import Manifest, Replayed
from service.errors import ConflictError, InvalidRequestError, LedgerDamagedError, RestorePendingError
from service.folder import DataFolder
from service.policy.access import DocumentId, TenantId
from service.ports import Vault
from service.product import Adapters, Ringfence, assemble
from service.sealing import Sealed
from service.settings import Settings
from service.supervisor import lock, migrating, parts, postgres
from service.supervisor.backing_up import CONFIGURATION, DATA, DUMP, KEYS, VAULT, Tell, owner_url
from service.supervisor.serving import started

_LOADED = "loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a backup is restored from; `ledger` None is a restore without one, which goes on record."""

    data: Path
    keys: Path
    ledger: Path | None


def restore(settings: Settings, sources: Sources, *, tell: Tell) -> tuple[Replayed, int]:
    """Restore a backup; return what was erased again and of how many documents the index was made anew.

    Until the last line of the ledger is replayed and verified, a mark in the data folder keeps API and workers shut; a
    restore that was interrupted after loading goes on where it was. Raises RingfenceError with one clear line.
    """
    manifest, folder = Manifest.read(sources.data, DATA), DataFolder(settings.data_dir)
    if Manifest.read(sources.keys, KEYS).backup != manifest.backup:
        message = "these keys belong to another backup"
        raise InvalidRequestError(message)
    _check_ledger(sources, manifest)
    loaded = _loaded(folder, manifest)
    if not loaded:
        _check_empty(settings, folder)
        folder.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.create()
    with lock.held(folder, where="no address: a backup is restored"):
        folder.restore_pending.write_text(manifest.backup if not loaded else f"{manifest.backup} {_LOADED}")
        if not loaded:
            _copy_files(sources, settings, folder)
        with started(settings, folder, parts.stores(settings, folder)), bootstrap.opened(settings) as adapters:
            if not loaded:
                _load(settings, folder, sources.data, adapters.vault, tell)
                folder.restore_pending.write_text(f"{manifest.backup} {_LOADED}")
            _place_ledger(settings, folder, sources)
            product = assemble(adapters, bootstrap.limits(settings))
            replayed = product.replaying.run(tell=lambda done, of: tell("erasing again", done, of))
            _record(adapters, manifest, replayed, with_ledger=sources.ledger is not None)
            product.replaying.fill()
            folder.restore_pending.unlink()
            return replayed, _rebuild(product, tell)


def _check_ledger(sources: Sources, manifest: Manifest) -> None:
    """Raise LedgerDamagedError unless the whole ledger is there and goes on from where it was at the backup."""
    if sources.ledger is None:
        return
    if not (sources.ledger / FILE).is_file():
        message = (
            f"there is no erasure ledger in {sources.ledger}: nobody knows what was erased since the backup. "
            "Name its folder with --ledger; --without-ledger restores all the same, on record"
        )
        raise LedgerDamagedError(message)
    # Its note was beside the keys of the machine that is restored: what is sure is the state at the backup.
    signer, no_note = Ed25519Signer(sources.keys / "audit.key"), HeadNote(sources.keys / "no.note")
    ledger = FileErasureLedger(sources.ledger, note=no_note, signer=signer)
    ledger.entries()
    if not ledger.reaches(manifest.ledger):
        message = (
            f"the erasure ledger in {sources.ledger} does not go on from where it was at this backup: it was cut, or "
            "is another one. --without-ledger restores all the same, on record"
        )
        raise LedgerDamagedError(message)


def _loaded(folder: DataFolder, manifest: Manifest) -> bool:
    """Whether this very backup was loaded before and only the rest is to be done. Raises RestorePendingError."""
    if not folder.restore_pending.exists():
        return False
    if folder.restore_pending.read_text().split() == [manifest.backup, _LOADED]:
        return True
    message = f"a restore into {folder.path} was interrupted while it was loading: remove the folder and begin again"
    raise RestorePendingError(message)


def _check_empty(settings: Settings, folder: DataFolder) -> None:
    """Raise ConflictError where anything is there: what the backup does not know would be mixed up with it, or lost."""
    there = {path.name for path in folder.path.iterdir()} if folder.path.is_dir() else set()
    if there - {folder.ledger.name}:
        message = f"{folder.path} is not empty: a backup is restored into a new data folder only"
        raise ConflictError(message)
    if settings.database_url is not None:
        PostgresDump(owner_url=owner_url(settings, folder)).check_empty()
    if next(vault_at(settings.vault_url, folder.vault).stored(), None) is not None:
        message = "the vault is not empty: a backup is restored into an empty one only"
        raise ConflictError(message)


def _copy_files(sources: Sources, settings: Settings, folder: DataFolder) -> None:
    """Put the keys and the configuration where they belong."""
    shutil.copytree(sources.keys, folder.keys, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
    for path in folder.keys.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    if settings.providers is None:
        shutil.copytree(sources.data / CONFIGURATION, folder.path, dirs_exist_ok=True)


def _load(settings: Settings, folder: DataFolder, source: Path, vault: Vault, tell: Tell) -> None:
    """Fill database and vault."""
    if settings.database_url is None:
        postgres.create_database(folder)
    dump = PostgresDump(owner_url=owner_url(settings, folder))
    dump.check_empty()
    tell("database", 0, 1)
    dump.load(source / DUMP)
    migrating.migrate(settings, folder)
    tell("database", 1, 1)
    originals = sorted((source / VAULT).glob("*/*"))
    for done, path in enumerate(originals):
        tell("originals", done, len(originals))
        tenant_id, document_id = TenantId(UUID(path.parent.name)), DocumentId(UUID(path.name))
        vault.put(tenant_id=tenant_id, document_id=document_id, sealed=Sealed(path.read_bytes()))
    tell("originals", len(originals), len(originals))


def _place_ledger(settings: Settings, folder: DataFolder, sources: Sources) -> None:
    """Put the ledger where it is written from now on, and note how far it is; without one, begin anew."""
    place = settings.ledger or folder.ledger
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sources.ledger is None:
        if (place / FILE).exists():
            (place / FILE).replace(place / f"{FILE}.set-aside")
        folder.ledger_note.unlink(missing_ok=True)
    elif sources.ledger.resolve() != place.resolve():
        shutil.copyfile(sources.ledger / FILE, place / FILE)
    ledger = bootstrap.erasure_ledger(settings)
    HeadNote(folder.ledger_note).write(ledger.head())


def _record(adapters: Adapters, manifest: Manifest, replayed: Replayed, *, with_ledger: bool) -> None:
    """Write to every tenant's audit that it was restored, from which backup, and whether held to a ledger."""
    facts = {"backup": manifest.backup, "ledger": with_ledger, "lines": replayed.documents + replayed.turns}
    for tenant in adapters.database.tenants():
        with adapters.database.transaction(tenant.id) as transaction:
            transaction.audit.append(entry(tenant.id, "backup_restored", at=adapters.clock.now(), facts=facts))


def _rebuild(product: Ringfence, tell: Tell) -> int:
    return product.rebuilding.run(tell=lambda done, of: tell("index", done, of))
