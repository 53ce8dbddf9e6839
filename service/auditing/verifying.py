"""Checks evidence files without database, network or key store; what is wrong is said with its line and entry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from service.auditing import reading, tree
from service.auditing.canonical import canonical
from service.auditing.exporting import CONSISTENCY, EXPORT, INCLUSION
from service.auditing.reading import Head, Told, WrongError

_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What whoever verifies knows from elsewhere: the public key, a checkpoint kept earlier (its line)."""

    public_key: bytes | None = None
    checkpoint: bytes | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found. Without problems every byte is as it was signed."""

    problems: tuple[str, ...]
    head: Head | None = None
    shown: int = 0
    withheld: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(slots=True, kw_only=True)
class _Log:
    """An export while it is read."""

    head: Head
    kept: Told | None
    complete: bool
    peaks: tree.Peaks = ()
    size: int = 0
    shown: int = 0
    seen: set[object] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def read(self, line: bytes) -> None:
        """Take the next leaf; note what is wrong with it."""
        try:
            leaf = reading.leaf_line(line, tenant=self.head.tenant)
            self._in_order(leaf.index)
            self._once(leaf.number, leaf.entry_id)
        except WrongError as error:
            self.problems.append(f"line {self.size + 2}: {error}")
        if not self.problems:
            self.peaks = tree.grown(self.peaks, self.size, [leaf.hash])
        self.size += 1
        if self.kept is not None and self.size == self.kept.size and not self.problems:
            self._compare(self.kept)

    def close(self) -> None:
        """Compare the whole with the checkpoint."""
        told = self.head.checkpoint
        if self.problems:
            return
        if self.size != told.size:
            self.problems.append(f"the file has {self.size} leaves and its checkpoint {told.size}")
        elif tree.root_of(self.peaks) != told.root:
            self.problems.append("the leaves do not lead to the root that was signed: one of them was exchanged")
        elif self.kept is not None and self.kept.size > told.size:
            self.problems.append(f"the log is shorter than the checkpoint that was kept: {self.kept.size} leaves then")

    def _in_order(self, index: int) -> None:
        if index != self.size:
            message = f"leaf {index} stands where leaf {self.size} belongs: lines are missing, moved or repeated"
            raise WrongError(message)

    def _once(self, number: int | None, entry_id: str | None) -> None:
        if number is None:
            if self.complete:
                message = "only the hash of this entry is given"
                raise WrongError(message)
            return
        if number in self.seen or entry_id in self.seen:
            message = f"entry {number} ({entry_id}) appears twice"
            raise WrongError(message)
        self.seen.update((number, entry_id))
        self.shown += 1

    def _compare(self, kept: Told) -> None:
        if tree.root_of(self.peaks) != kept.root:
            self.problems.append(f"the first {kept.size} leaves are not those of the checkpoint that was kept")


def verify(lines: Iterable[bytes], expected: Expected | None = None) -> Verdict:
    """Check an export, a proof or a checkpoint, given as lines with their newlines. Never raises for what they say."""
    expected, rest = expected or Expected(), iter(lines)
    try:
        head = reading.head(next(rest, b""))
        kept = _kept(expected, head)
        if head.kind != EXPORT:
            return _single(head, rest, kept)
    except WrongError as error:
        return Verdict(problems=(f"line 1: {error}",))
    return _export(_Log(head=head, kept=kept, complete=expected.complete), rest)


def _export(log: _Log, lines: Iterator[bytes]) -> Verdict:
    for line in lines:
        log.read(line)
        if len(log.problems) >= _MOST_PROBLEMS:
            break
    log.close()
    return Verdict(
        head=log.head, problems=tuple(log.problems), shown=log.shown, withheld=log.size - log.shown - len(log.problems)
    )


def _single(head: Head, rest: Iterator[bytes], kept: Told | None) -> Verdict:
    """Check a file of one line. Raises WrongError."""
    if next(rest, None) is not None:
        message = "is followed by more lines"
        raise WrongError(message)
    if head.kind == INCLUSION:
        _check_inclusion(head)
    if head.kind == CONSISTENCY:
        _check_consistency(head)
    if kept is not None and (kept.size, kept.root) != (head.checkpoint.size, head.checkpoint.root):
        message = "its checkpoint is not the one that was kept"
        raise WrongError(message)
    return Verdict(head=head, problems=(), shown=int(head.kind == INCLUSION))


def _check_inclusion(head: Head) -> None:
    reading.leaf_numbers(head.fields["leaf"], tenant=head.tenant)
    index, hashed = reading.count(head.fields["index"]), tree.leaf_hash(canonical(head.fields["leaf"]))
    steps = reading.path(head.fields["path"])
    try:
        root = tree.root_by_inclusion(hashed, index, head.checkpoint.size, steps)
    except ValueError as error:
        raise WrongError(str(error)) from None
    if root != head.checkpoint.root:
        message = "the entry is not in the tree of this checkpoint"
        raise WrongError(message)


def _check_consistency(head: Head) -> None:
    first = reading.signed(head.fields["first"], tenant=head.tenant, public_key=head.public_key)
    before, after = (first.size, first.root), (head.checkpoint.size, head.checkpoint.root)
    if not tree.consistent(before, after, reading.path(head.fields["path"])):
        message = "the later log does not begin with the earlier one"
        raise WrongError(message)


def _kept(expected: Expected, head: Head) -> Told | None:
    """Return the checkpoint that was kept. Raises WrongError where it, or the key, is none of this log."""
    if expected.public_key not in {None, head.public_key}:
        message = "its public key is not the one that was expected"
        raise WrongError(message)
    if expected.checkpoint is None:
        return None
    try:
        kept = reading.head(expected.checkpoint)
    except WrongError as error:
        message = f"(the checkpoint that was kept) {error}"
        raise WrongError(message) from None
    if (kept.tenant, kept.public_key) != (head.tenant, head.public_key):
        message = "the checkpoint that was kept belongs to another log"
        raise WrongError(message)
    return kept.checkpoint
