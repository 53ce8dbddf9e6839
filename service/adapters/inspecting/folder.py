"""A folder of the embedded knowledge base, byte by byte: what no store admits to hold may still lie in its files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.adapters.inspecting.points import ids_of
from service.adapters.inspecting.scanning import files_below, forms_of, needles_in
from service.policy.access import TenantId
from service.ports.inspecting import Inspection, Inspector, Sighting, Target, Unchecked

_POINTS = 4
"""Points of a document that are looked for by id: its first, its last, and some between."""
_BLOCK_BYTES = 512
SEALED = ("only_ciphertext_stored", "document_key_destroyed")
"""What covers a vault that is too large to read."""
REWRITTEN = ("ids_and_vectors_only", "segments_rewritten_by_the_erasure")
"""What covers an embedded index that is too large to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderInspector(Inspector):
    """Reads every byte of a folder for the ids of documents and points, inside Edge's compressed pages, too.

    A folder above `largest` bytes on the disk is not read, and neither is one where there is too much to look for:
    `work` bounds its bytes times what is looked for.
    """

    store: str
    folder: Path
    covered_by: tuple[str, ...]
    largest: int = 256 * 1024 * 1024
    work: int = 20_000_000_000

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count the files that hold an id of a target. Raises OSError where the folder cannot be read."""
        if not self.folder.is_dir():
            raise FileNotFoundError
        needles = {name: needle for target in targets for name, needle in _needles(target)}
        size = sum(path.stat().st_blocks * _BLOCK_BYTES for path in files_below(self.folder))
        if size > self.largest or size * len(needles) > self.work:
            return Inspection(sightings=(), unchecked=(self._too_large(),))
        files = self._files_with(needles)
        return Inspection(
            sightings=tuple(
                Sighting(
                    document_id=target.document_id,
                    thing="files_with_its_ids",
                    method="byte_scan",
                    found=sum(files[name] for name, _ in _needles(target)),
                )
                for target in targets
            )
        )

    def _files_with(self, needles: Mapping[str, bytes]) -> Counter[str]:
        """Count files by needle. A file that goes meanwhile is gone; one that comes meanwhile is read as well."""
        found: Counter[str] = Counter()
        read: set[Path] = set()
        while new := [path for path in files_below(self.folder) if path not in read]:
            for path in new:
                read.add(path)
                try:
                    found.update(needles_in(path, needles))
                except FileNotFoundError:
                    continue
        return found

    def _too_large(self) -> Unchecked:
        return Unchecked(store=self.store, thing="bytes", reason="too_large", covered_by=self.covered_by)


def _needles(target: Target) -> Iterator[tuple[str, bytes]]:
    """Yield names, unique among all targets, and bytes."""
    document = str(target.document_id)
    yield from forms_of(document, target.document_id).items()
    points = ids_of(target)[:-1]
    for point in points[:: max(1, len(points) // _POINTS)]:
        yield f"{document} {point}", point.bytes
