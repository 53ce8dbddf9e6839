"""Which points a document had: their ids are derived, so they can be asked for by name when nothing lists them."""

from uuid import UUID, uuid5

from service.ports.inspecting import Sighting, Target


def ids_of(target: Target) -> list[UUID]:
    """Return the ids that the document's points had: UUID version 5 of document and ordinal, and one more."""
    return [uuid5(target.document_id, str(ordinal)) for ordinal in range(target.chunk_count + 1)]


def sighted(target: Target, *, counted: int, listed: int, held: int) -> tuple[Sighting, ...]:
    """Return what was found by counting, by listing, and under the derived ids."""
    return tuple(
        Sighting(document_id=target.document_id, thing=thing, method=method, found=found)
        for thing, method, found in (
            ("points_counted", "count_by_filter", counted),
            ("points_listed", "scroll_by_filter", listed),
            ("points_held", "retrieve_by_derived_id", held),
        )
    )
