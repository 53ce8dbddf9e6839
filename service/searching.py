"""Search without an answer: the chunks a principal may see, with their labels."""

from dataclasses import dataclass

from service.errors import InvalidRequestError, NotPermittedError
from service.labels import Labels
from service.policy.access import Permission, Principal, Scope
from service.retrieval import Retrieved, Retriever
from service.spaces import Asked

_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching:
    """Finds chunks; nothing is sent to any model."""

    retriever: Retriever
    labels: Labels

    def search(
        self, principal: Principal, text: str, *, limit: int, harmless_only: bool = False
    ) -> tuple[Retrieved, ...]:
        """Return the nearest chunks in the principal's scope, best first."""
        if not principal.may(Permission.ASK):
            raise NotPermittedError
        if not text.strip() or len(text) > _LONGEST:
            message = f"a question has 1 to {_LONGEST:,} characters"
            raise InvalidRequestError(message)
        scope = Scope.of(principal).narrowed(harmless_only=harmless_only)
        return self.retriever.retrieve(Asked(text=text), scope=scope, labeller_version=self.labels.version, limit=limit)
