"""Any sequence of changes at two sources: after a run SQL equals them, and a second run writes nothing (R60)."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.memory.database import InMemoryDatabase
from service.policy.access import DocumentId
from tests.assembled import a_world
from tests.syncing import Synced, a_synced

PLACES = ("a", "b", "c/d", "c/e")
TEXTS = ("The hall opens at seven.", "Salaries are paid on the first.", "The garage is closed.")
GROUPS = ("staff", "board")
CHANGES = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(PLACES), st.sampled_from(TEXTS), st.sampled_from(GROUPS)),
    st.tuples(st.just("move"), st.sampled_from(PLACES), st.sampled_from(PLACES), st.just("")),
    st.tuples(st.just("remove"), st.sampled_from(PLACES), st.just(""), st.just("")),
)
STEPS = st.lists(st.tuples(st.integers(0, 1), st.lists(CHANGES, min_size=1, max_size=4)), min_size=1, max_size=4)


def changed(share: Synced, change: tuple[str, str, str, str]) -> None:
    """Change something at the source, where that is possible."""
    what, place, other, group = change
    if what == "put":
        share.source.put(place, other.encode(), group)
    elif place in share.source.things and what == "remove":
        share.source.remove(place)
    elif place in share.source.things and other not in share.source.things:
        share.source.move(place, other)


def stored(share: Synced) -> tuple[object, dict[DocumentId, object]]:
    """Return every row but those of runs and the audit."""
    assert isinstance(share.world.database, InMemoryDatabase)
    rows = share.world.database.rows(share.who.tenant_id)
    return replace(rows, source_runs={}, audit=[], audit_leaves=[], audit_checkpoints=[]), dict(rows.documents)


def there(*shares: Synced) -> Counter[tuple[str, frozenset[str]]]:
    """Return what lies at the sources, by content and who may see it there."""
    key = shares[0].world.keys.tenant_key(shares[0].who.tenant_id)
    return Counter(
        (key.fingerprint(share.source.contents[place], purpose="content"), found.groups)
        for share in shares
        for place, found in share.source.things.items()
    )


def here(share: Synced) -> Counter[tuple[str, frozenset[str]]]:
    """Return what the documents are, each as often as it has places."""
    found: Counter[tuple[str, frozenset[str]]] = Counter()
    with share.world.database.transaction(share.who.tenant_id) as transaction:
        for record in share.documents_in(transaction):
            places = transaction.source_items.of_documents([record.id])
            assert places, "a document of a source that lies nowhere"
            found[record.content_fingerprint, record.groups] += len(places)
    return found


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_sql_equals_the_sources_after_any_changes_and_a_second_run_writes_nothing(
    steps: list[tuple[int, list[tuple[str, str, str, str]]]],
) -> None:
    world = a_world()
    who, _ = world.person("acme")
    shares = [a_synced(world, who, location=f"share-{number}", name=f"Share {number}") for number in (0, 1)]
    for number, changes in steps:
        for change in changes:
            changed(shares[number], change)
        shares[number].run(confirmed=True)
        # What one source gave up another may still have asked for: a second run of each settles that.
        for share in shares:
            share.run(confirmed=True)
        assert here(shares[0]) == there(*shares)
        # One document for the same content and the same people, however often it lies there.
        same = Counter((one.content_fingerprint, one.groups) for one in shares[0].documents())
        assert set(same.values()) <= {1}
        before = stored(shares[0])
        foretold = shares[number].run(dry=True, verify=True)
        again = shares[number].run(verify=True)
        met = len(shares[number].source.things)
        assert foretold.counts == again.counts == ({"met": met, "unchanged": met} if met else {})
        assert stored(shares[0]) == before


@pytest.mark.parametrize("dies_after", range(5))
def test_a_run_that_dies_anywhere_goes_on_and_ends_as_if_nothing_had_happened(dies_after: int) -> None:
    world = a_world()
    who, _ = world.person("acme")
    share = a_synced(world, who)
    for number in range(5):
        share.source.put(f"{number}", f"Plan number {number}.".encode())
    share.source.breaks_after = dies_after
    share.run()
    share.source.breaks_after = None
    share.run()
    assert share.contents() == share.expected()
    assert len(share.documents()) == 5
