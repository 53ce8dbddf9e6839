"""`ringfence backup`: SQL, then the originals, then the keys elsewhere, each file with its hash."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import migrations
from service import bootstrap
from service.adapters.database.dumping import PostgresDump
from service.adapters.key_copy import copy_keys
from service.backup import Manifest, hashed
from service.errors import ConflictError, NotFoundError, RestorePendingError, SettingsError
from service.folder import DataFolder
from service.ports import LedgerHead, Vault
from service.product import assemble
from service.settings import Settings
from service.supervisor import parts
from service.supervisor.serving import serving

DATA, KEYS = "data", "keys"
DUMP, VAULT, CONFIGURATION = "database.dump", "vault", "configuration"

Tell = Callable[[str, int, int], None]
"""Told of a stage, how much of it is done, of how much."""


def backup(settings: Settings, target: Path, keys_target: Path, *, tell: Tell) -> Manifest:
    """Write a backup of everything but the index and the erasure ledger into two empty folders.

    The order lets an erasure meanwhile be harmless: what a dump still holds of it, the ledger knows, and its key is
    copied last or not at all. Raises RingfenceError with one clear line.
    """
    folder = DataFolder(settings.data_dir)
    _check(settings, folder)
    target, keys_target = _made(target, keys_target, folder)
    stores = [part for part in parts.stores(settings, folder) if part.name == "postgres"]
    with serving(settings, folder, stores), bootstrap.opened(settings) as adapters:
        assemble(adapters, bootstrap.limits(settings)).replaying.fill()
        head = adapters.ledger.head()
        tell("database", 0, 1)
        PostgresDump(owner_url=owner_url(settings, folder)).write(target / DUMP)
        tell("database", 1, 1)
        _copy_vault(adapters.vault, target / VAULT, tell)
        _copy_configuration(settings, folder, target / CONFIGURATION)
        copy_keys(folder.keys, keys_target)
    return _finished(target, keys_target, settings, head)


def owner_url(settings: Settings, folder: DataFolder) -> str:
    """Return the address of the database's owner. Raises SettingsError where it is not known here."""
    if settings.database_url is None:
        return folder.database_owner_url
    if settings.database_owner_url is None:
        message = "RINGFENCE_DATABASE_OWNER_URL is needed: a dump holds every tenant, the application sees one"
        raise SettingsError(message)
    return settings.database_owner_url.get_secret_value()


def _check(settings: Settings, folder: DataFolder) -> None:
    if not (folder.master_key.exists() and folder.audit_key.exists()):
        message = f"{settings.data_dir} is not initialised: there is nothing to back up"
        raise SettingsError(message)
    if folder.restore_pending.exists():
        raise RestorePendingError


def _made(target: Path, keys_target: Path, folder: DataFolder) -> tuple[Path, Path]:
    """Return both folders, made and empty, neither inside the other nor inside the data folder."""
    target, keys_target = target.expanduser().resolve(), keys_target.expanduser().resolve()
    if keys_target.is_relative_to(target) or target.is_relative_to(keys_target):
        message = "the keys go into a folder apart: beside the data they would open every old copy of what was erased"
        raise SettingsError(message)
    for one in (target, keys_target):
        if one.is_relative_to(folder.path.resolve()):
            message = f"{one} lies inside the data folder; a backup belongs elsewhere"
            raise SettingsError(message)
        try:
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(one.iterdir()):
                message = f"{one} is not empty; a backup goes into a folder of its own"
                raise ConflictError(message)
        except OSError as error:
            message = f"{one} cannot be made: {error.strerror}"
            raise SettingsError(message) from None
    return target, keys_target


def _copy_vault(vault: Vault, target: Path, tell: Tell) -> None:
    """Copy each original as it is, sealed. One that is erased meanwhile is left out."""
    target.mkdir(mode=0o700)
    places = list(vault.stored())
    for done, (tenant_id, document_id) in enumerate(places):
        tell("originals", done, len(places))
        try:
            sealed = vault.get(tenant_id=tenant_id, document_id=document_id)
        except NotFoundError:
            continue
        (target / str(tenant_id)).mkdir(mode=0o700, exist_ok=True)
        (target / str(tenant_id) / str(document_id)).write_bytes(sealed)
    tell("originals", len(places), len(places))


def _copy_configuration(settings: Settings, folder: DataFolder, target: Path) -> None:
    target.mkdir(mode=0o700)
    for file in (settings.providers or folder.providers, folder.model_pins):
        if file.exists():
            shutil.copyfile(file, target / ("providers.toml" if file != folder.model_pins else file.name))


def _finished(target: Path, keys_target: Path, settings: Settings, head: LedgerHead) -> Manifest:
    """Write both manifests, last of all: a backup without one is unfinished."""
    backup_id, made_at = str(uuid4()), datetime.now(UTC).isoformat(timespec="seconds")
    made = []
    for part, where in ((DATA, target), (KEYS, keys_target)):
        manifest = Manifest(
            version=1,
            backup=backup_id,
            part=part,
            made_at=made_at,
            schema=migrations.head() or "",
            embedder=settings.embedder,
            ledger=head,
            files=hashed(where),
        )
        manifest.write(where)
        made.append(manifest)
    os.sync()
    return made[0]
