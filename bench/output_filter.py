"""What the output filter costs: characters that an answer is behind, and processor time, beside passing it through.

An answer of plain sentences comes in pieces of four characters, as tokens do; ten canaries are watched for, and the
words of as many other prompts as a process remembers.
"""

from collections.abc import Generator
from datetime import UTC, datetime
from statistics import median
from time import process_time
from uuid import uuid4

from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.answering.saying import RecentlyShown, Sayings
from service.canaries import Canaries
from service.policy.access import KeyId, Principal, Role, TenantId
from service.policy.prompt import Origin, Part, Prompt
from service.ports import Generation, Tenant

_SENTENCES = (
    "The warehouse in Lyon opens at eight and closes at 17:30 on weekdays [1]. ",
    "Whoever arrives later rings at the side door, where somebody from the night shift lets them in [2]. ",
    "Deliveries of more than 20 pallets are announced two days before, by mail or in the portal [1]. ",
)
_PIECE = 4
_RUNS = 20
_PROMPTS = 64
_CANARIES = 10


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def main() -> None:
    """Print both."""
    sayings, tenant = _sayings()
    prompt = Prompt(parts=(Part(origin=Origin.CHUNK, text=" ".join(_SENTENCES), label=None),))
    text = "".join(_SENTENCES) * 6
    plain, filtered, made = [], [], []
    for _ in range(_RUNS):
        began = process_time()
        list(_pieces(text))
        plain.append(process_time() - began)
        began = process_time()
        saying = sayings.of(prompt, tenant_id=tenant)
        made.append(process_time() - began)
        began = process_time()
        said = "".join(saying.of_stream(_pieces(text), model="m"))
        filtered.append(process_time() - began)
        assert said == text  # noqa: S101 - a filter that changes it measures nothing
    first, longest = _behind(sayings, prompt, tenant, text)
    print(f"answer of {len(text)} characters in pieces of {_PIECE}, {_CANARIES} canaries, {_PROMPTS} other prompts:")
    print(
        f"made in {1000 * median(made):.2f} ms; {1000 * median(filtered):.2f} ms beside {1000 * median(plain):.2f} ms"
    )
    print(f"the first characters are said {first} characters late; at most {longest} are held back")


def _sayings() -> tuple[Sayings, TenantId]:
    database, clock, tenant = InMemoryDatabase(), _Now(), TenantId(uuid4())
    database.add_tenant(Tenant(id=tenant, slug="bench", created_at=clock.now()))
    canaries = Canaries(database=database, keys=InMemoryKeyStore(), clock=clock)
    for _ in range(_CANARIES):
        canaries.add(Principal(tenant_id=tenant, key_id=KeyId(uuid4()), role=Role.ADMIN))
    recent = RecentlyShown()
    for number in range(_PROMPTS):
        recent.add(" ".join(f"word{number}of{place}" for place in range(200)) for _ in range(4))
    return Sayings(canaries=canaries, recent=recent), tenant


def _pieces(text: str) -> Generator[str, None, Generation]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
    return Generation(model="m", input_tokens=1, output_tokens=1, finish="stop")


def _behind(sayings: Sayings, prompt: Prompt, tenant: TenantId, text: str) -> tuple[int, int]:
    """Return how many characters came before the first was said, and the most that were held back at any time."""
    heard = 0

    def counted() -> Generator[str, None, Generation]:
        nonlocal heard
        for piece in _pieces(text):
            heard += len(piece)
            yield piece
        return Generation(model="m", input_tokens=1, output_tokens=1, finish="stop")

    said, first, longest = 0, 0, 0
    for piece in sayings.of(prompt, tenant_id=tenant).of_stream(counted(), model="m"):
        first = first or heard
        longest = max(longest, heard - said)
        said += len(piece)
    return first, longest


if __name__ == "__main__":
    main()
