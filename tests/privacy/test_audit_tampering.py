"""A single changed byte of the evidence is found, by the product and by the verifier that shares no code (R50)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.evidence import VERIFIERS, Verifier, an_audited_world, exported, logged

verifiers = pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Return one file of each kind, each sound."""
    world, auditor, ids = an_audited_world(5)
    auditing = world.product.auditing
    auditing.sequence(auditor.tenant_id)
    logged(world, auditor)
    made = {
        "export": exported(world, auditor),
        "proof": auditing.proof(auditor, ids[2]),
        "consistency": auditing.consistency(auditor, size=5),
        "checkpoint": auditing.checkpoint(auditor),
    }
    assert all(verifier(content) == [] for content in made.values() for verifier in VERIFIERS.values())
    return made


def flipped(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the content with each byte changed: its lowest bit, and the one that tells a from A."""
    for place in range(len(content)):
        for bit in (0x01, 0x20):
            yield place, content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


@verifiers
@pytest.mark.parametrize("kind", ["export", "proof", "consistency", "checkpoint"])
def test_every_changed_byte_is_found(files: dict[str, bytes], kind: str, verifier: Verifier) -> None:
    missed = [place for place, content in flipped(files[kind]) if not verifier(content)]
    assert missed == []


@verifiers
def test_a_changed_entry_is_named(files: dict[str, bytes], verifier: Verifier) -> None:
    lines = files["export"].splitlines(keepends=True)
    entry = json.loads(lines[3])["leaf"]
    (problem,) = verifier(files["export"].replace(b'"sources":2', b'"sources":3'))
    assert problem.startswith("line 4: ")
    assert f"entry {entry['number']} " in problem
    assert entry["id"] in problem


@verifiers
def test_a_byte_removed_or_added_anywhere_is_found(files: dict[str, bytes], verifier: Verifier) -> None:
    content = files["export"]
    places = range(len(content))
    assert [place for place in places if not verifier(content[:place] + content[place + 1 :])] == []
    assert [place for place in places if not verifier(content[:place] + b" " + content[place:])] == []


@verifiers
def test_lines_removed_repeated_moved_or_cut_off_are_found(files: dict[str, bytes], verifier: Verifier) -> None:
    lines = files["export"].splitlines(keepends=True)
    changed = [
        *(lines[:place] + lines[place + 1 :] for place in range(len(lines))),
        *(lines[: place + 1] + lines[place:] for place in range(len(lines))),
        *(lines[:place] for place in range(len(lines))),
        *(
            [*lines[:one], lines[other], *lines[one + 1 : other], lines[one], *lines[other + 1 :]]
            for one in range(len(lines))
            for other in range(one + 1, len(lines))
        ),
        [*lines, b"\n"],
        [*lines, b"{}\n"],
    ]
    assert [number for number, content in enumerate(changed) if not verifier(b"".join(content))] == []


@verifiers
@pytest.mark.parametrize("kind", ["proof", "consistency", "checkpoint"])
def test_nothing_hides_behind_a_proof(files: dict[str, bytes], verifier: Verifier, kind: str) -> None:
    assert verifier(files[kind] * 2) != []
    assert verifier(files[kind] + b"\n") != []


@verifiers
@pytest.mark.parametrize("kind", ["proof", "consistency", "checkpoint"])
def test_the_same_values_in_another_spelling_are_not_what_was_written(
    files: dict[str, bytes], verifier: Verifier, kind: str
) -> None:
    value = json.loads(files[kind])
    for spelled in (
        json.dumps(value, sort_keys=True),
        json.dumps(dict(reversed(value.items())), separators=(",", ":")),
    ):
        assert verifier(spelled.encode() + b"\n") != []
    assert verifier(files[kind].replace(b'"format"', b'"\\u0066ormat"')) != []
    assert verifier(files[kind].removesuffix(b"\n")) != []


@verifiers
def test_how_many_leaves_there_should_be_is_said(files: dict[str, bytes], verifier: Verifier) -> None:
    lines = files["export"].splitlines(keepends=True)
    (problem,) = verifier(b"".join(lines[:-2]))
    assert "4 leaves" in problem


@verifiers
@pytest.mark.parametrize("cut", [1, 100])
def test_an_export_that_broke_off_is_found(files: dict[str, bytes], verifier: Verifier, cut: int) -> None:
    assert verifier(files["export"][:-cut]) != []
    assert verifier(b"") != []


@verifiers
def test_two_tenants_cannot_be_mixed(verifier: Verifier) -> None:
    """R30: not a line of another tenant's log, nor its whole body under this header."""
    world, auditor, _ = an_audited_world(3)
    other, _ = world.person("lakeside", auditor.role)
    for place in range(3):
        logged(world, other, place)
    ours, theirs = exported(world, auditor).splitlines(True), exported(world, other).splitlines(True)
    (problem,) = verifier(b"".join([*ours[:2], theirs[2], *ours[3:]]))
    assert "tenant" in problem
    assert verifier(b"".join([ours[0], *theirs[1:]])) != []
    assert verifier(b"".join([theirs[0], *ours[1:]])) != []


def respelled(line: bytes, **change: Any) -> bytes:  # noqa: ANN401 - JSON
    value = json.loads(line) | change
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


@verifiers
def test_an_entry_changed_together_with_its_hash_is_found(files: dict[str, bytes], verifier: Verifier) -> None:
    """Whoever can change both still cannot change the root that was signed."""
    import hashlib  # noqa: PLC0415 - what the attacker needs

    head, *lines = files["export"].splitlines(keepends=True)
    leaf = json.loads(lines[1])["leaf"] | {"facts": {"route": "cloud"}}
    spelled = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    lines[1] = respelled(lines[1], leaf=leaf, hash=hashlib.sha256(b"\x00" + spelled).hexdigest())
    (problem,) = verifier(b"".join([head, *lines]))
    assert "root" in problem


@verifiers
@pytest.mark.parametrize(
    "change",
    [
        {"index": 1.0},
        {"index": True},
        {"index": -1},
        {"index": "1"},
        {"leaf": None},
        {"leaf": {}},
        {"leaf": []},
        {"leaf": "x"},
        {"hash": None},
        {"hash": 5},
        {"more": 1},
    ],
)
def test_lines_of_another_shape_are_found(
    files: dict[str, bytes], verifier: Verifier, change: dict[str, object]
) -> None:
    head, *lines = files["export"].splitlines(keepends=True)
    lines[1] = respelled(lines[1], **change)
    assert verifier(b"".join([head, *lines])) != []


@verifiers
@pytest.mark.parametrize(
    "content",
    [b"[]\n", b"null\n", b"1\n", b"{}\n", b"\xff\xfe\n", b"\n", b"[" * 100_000, b'{"format":[]}\n', b'{"format":{}}\n'],
)
def test_what_is_no_evidence_is_told_and_never_raises(verifier: Verifier, content: bytes) -> None:
    assert verifier(content)[0].startswith("line 1: ")


@verifiers
@pytest.mark.parametrize("kind", ["export", "proof", "consistency", "checkpoint"])
def test_a_header_with_values_of_other_types_is_told_and_never_raises(
    files: dict[str, bytes], verifier: Verifier, kind: str
) -> None:
    head, *rest = files[kind].splitlines(keepends=True)
    names = json.loads(head)
    shapes: tuple[object, ...] = (None, 1, -1, 1.0, "x", [], {}, [1], {"x": 1}, True)
    for name in names:
        for value in shapes:
            assert verifier(b"".join([respelled(head, **{name: value}), *rest])) != []
    for name in names["checkpoint"]:
        for value in shapes:
            told = names["checkpoint"] | {name: value}
            assert verifier(b"".join([respelled(head, checkpoint=told), *rest])) != []
