"""An evidence pack: a zip whose bytes depend on its contents alone, with a manifest to check them by."""

import hashlib
import io
import zipfile
from collections.abc import Mapping

MANIFEST = "MANIFEST.sha256"
_ALWAYS = (1980, 1, 1, 0, 0, 0)
"""The one time that every member carries: two packs of the same contents are the same bytes."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return the zip. The manifest is what `sha256sum --check` reads."""
    manifest = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in sorted({**files, MANIFEST: manifest.encode()}.items()):
            member = zipfile.ZipInfo(name, date_time=_ALWAYS)
            member.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(member, content)
    return out.getvalue()
