"""Sources for tests: one on a twin, its runs, and what SQL knows of it afterwards."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from service.adapters.memory.sources import InMemorySource
from service.policy.access import Principal, SourceId
from service.ports import DocumentRecord, GonePolicy, RunState, SourceKind, SourceSettings
from service.sources import Asked, NewSource, RunView
from tests.assembled import World

SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """A source in a world, with what lies there."""

    world: World
    who: Principal
    id: SourceId
    source: InMemorySource

    def run(self, **asked: bool) -> RunView:
        """Run it once, and let workers and beat work until nothing is left to do."""
        run = self.world.product.sources.run(self.who, self.id, Asked(**asked))
        self.world.product.syncing.tick()
        self.settle()
        return self.last(run)

    def last(self, run: RunView) -> RunView:
        """Return the run as it is now."""
        return next(one for one in self.world.product.sources.runs(self.who, self.id, limit=99) if one.id == run.id)

    def settle(self) -> None:
        """Let workers and beat work."""
        for _ in range(4):
            self.world.work()
            self.world.product.erasures.executing.advance_all()

    def documents(self) -> tuple[DocumentRecord, ...]:
        """Return every document of the tenant."""
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            found = (transaction.documents.get(one) for one in transaction.documents.ids())
            return tuple(one for one in found if one is not None)

    def contents(self) -> Counter[str]:
        """Return the fingerprints of the documents' contents, each as often as there are places with it."""
        places: Counter[str] = Counter()
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            for record in self.documents_in(transaction):
                lies = transaction.source_items.of_documents([record.id])
                places[record.content_fingerprint] += sum(one.gone_at is None for one in lies)
        return +places

    @staticmethod
    def documents_in(transaction: Any) -> list[DocumentRecord]:  # noqa: ANN401 - a transaction
        """Return every document."""
        return [one for one in map(transaction.documents.get, transaction.documents.ids()) if one is not None]

    def expected(self) -> Counter[str]:
        """Return the same of what lies at the source."""
        key = self.world.keys.tenant_key(self.who.tenant_id)
        return Counter(key.fingerprint(content, purpose="content") for content in self.source.contents.values())


def a_synced(world: World, who: Principal, *, location: str = SHARE, **fields: Any) -> Synced:  # noqa: ANN401 - of NewSource
    """Set up a source that erases what is gone."""
    settings = SourceSettings(location=location, groups=frozenset({"staff"}))
    wanted = NewSource(name="The share", kind=SourceKind.FOLDER, settings=settings, gone=GonePolicy.ERASE)
    view = world.product.sources.add(who, replace(wanted, **fields))
    source = world.opener.sources.setdefault(location, InMemorySource())
    return Synced(world=world, who=who, id=view.id, source=source)


__all__ = ["SHARE", "RunState", "Synced", "a_synced"]
