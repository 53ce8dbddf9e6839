"""The vault, by its listings: an original that nobody can find by asking for it is still in the list."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.store import from_url

from service.policy.access import TenantId
from service.ports.inspecting import Inspection, Inspector, Sighting, Target, Unchecked

_AT_ONCE = 100
_ORDERED = ("s3://", "gs://")
"""Stores that list in the order of names, and can begin anywhere in it."""
_OLD_VERSIONS = Unchecked(
    store="vault",
    thing="old_versions",
    reason="kept_by_the_bucket_where_it_is_set_so",
    covered_by=("only_ciphertext_stored", "document_key_destroyed"),
)


@dataclass(frozen=True, slots=True)
class DirectoryInspector(Inspector):
    """Reads every name below the folder of the vault, of whichever tenant."""

    folder: Path
    store: str = "vault"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count the files named after a target. Raises OSError where the folder cannot be read."""
        names: list[str] = []
        for _, folders, files in os.walk(self.folder, onerror=_raised):
            names += (*folders, *files)
        everything = "\n".join(names)
        return _listed(targets, {str(target.document_id): everything for target in targets})


@dataclass(frozen=True, slots=True)
class ObstoreInspector(Inspector):
    """Lists an object store from just before where an original of a target would stand."""

    url: str = field(repr=False)
    store: str = "vault"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count the objects named after a target. Raises what obstore raises."""
        store = from_url(self.url, retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=30)})
        found: dict[str, str] = {}
        for target in targets:
            name = f"{tenant_id}/{target.document_id}"
            pages = obstore.list(store, prefix=str(tenant_id), offset=name[:-1], chunk_size=_AT_ONCE)
            found[str(target.document_id)] = "\n".join(_named(pages, name, ordered=self.url.startswith(_ORDERED)))
        inspection = _listed(targets, found)
        return Inspection(sightings=inspection.sightings, unchecked=(_OLD_VERSIONS,))


def _named(pages: Iterable[Sequence[Mapping[str, Any]]], name: str, *, ordered: bool) -> list[str]:
    """Return the listed paths that begin with this name; where paths come in order, the first later one ends it."""
    found: list[str] = []
    for page in pages:
        paths = [str(one["path"]) for one in page]
        found += (path for path in paths if path.startswith(name))
        if ordered and paths and not paths[-1].startswith(name):
            break
    return found


def _listed(targets: Sequence[Target], names: dict[str, str]) -> Inspection:
    return Inspection(
        sightings=tuple(
            Sighting(
                document_id=target.document_id,
                thing="originals",
                method="listing",
                found=names[str(target.document_id)].count(str(target.document_id)),
            )
            for target in targets
        )
    )


def _raised(error: OSError) -> None:
    raise error
