"""Evidence packs (R51): the same evidence is the same bytes, and the manifest finds a changed one."""

import hashlib
import io
import zipfile

from service.reporting.packing import MANIFEST, packed

_FILES = {"b.txt": b"two", "a/a.json": b"{}"}


def test_the_same_contents_are_the_same_bytes() -> None:
    assert packed(_FILES) == packed(dict(reversed(_FILES.items())))


def test_the_manifest_names_every_member_with_its_hash() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(_FILES))) as pack:
        told = dict(line.split("  ")[::-1] for line in pack.read(MANIFEST).decode().splitlines())
        assert set(pack.namelist()) == {*_FILES, MANIFEST}
        assert told == {name: hashlib.sha256(content).hexdigest() for name, content in _FILES.items()}
