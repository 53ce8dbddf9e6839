"""Work that waiting threads share."""

from collections.abc import Sequence
from threading import Lock, Semaphore, Thread

from service.adapters.qdrant_edge.sharing import Shared


class ObservedLock:
    """A lock that counts who came to it."""

    def __init__(self) -> None:
        self.inner = Lock()
        self.arrived = Semaphore(0)

    def __enter__(self) -> None:
        self.arrived.release()
        self.inner.acquire()

    def __exit__(self, *reason: object) -> None:
        self.inner.release()


class Work:
    """Keeps the batches it was given, and fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.batches: list[list[str]] = []
        self.failures = failures

    def __call__(self, items: Sequence[str]) -> None:
        self.batches.append(sorted(items))
        if len(self.batches) <= self.failures:
            raise OSError


def failures_among(items: str, work: Work) -> list[str]:
    """Let one thread per item wait for the lock at the same time; return the items whose call failed."""
    lock = ObservedLock()
    shared = Shared(work, lock=lock)
    failed: list[str] = []

    def attempt(item: str) -> None:
        try:
            shared.do(item)
        except OSError:
            failed.append(item)

    threads = [Thread(target=attempt, args=(item,)) for item in items]
    with lock.inner:
        for thread in threads:
            thread.start()
        for _ in threads:
            lock.arrived.acquire()
    for thread in threads:
        thread.join()
    return failed


def test_all_who_wait_share_one_run() -> None:
    work = Work()
    assert failures_among("abc", work) == []
    assert work.batches == [["a", "b", "c"]]


def test_a_run_that_fails_is_done_for_nobody_and_the_rest_try_again() -> None:
    work = Work(failures=1)
    (failed,) = failures_among("abc", work)
    assert work.batches == [["a", "b", "c"], sorted(set("abc") - {failed})]


def test_an_item_that_failed_does_not_come_back() -> None:
    work = Work(failures=1)
    shared = Shared(work, lock=Lock())
    for item in "ab":
        try:
            shared.do(item)
        except OSError:
            assert item == "a"
    assert work.batches == [["a"], ["b"]]
