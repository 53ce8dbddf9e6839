"""Who may read a file by its owners and mode, told in groups of ours: never more people than may read it there."""

import grp
import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

OTHERS = "others"
_LISTS = frozenset({"system.posix_acl_access", "system.nfs4_acl"})


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a file or a folder lets through: everybody, or these groups of ours; `named` are those of its owners."""

    everybody: bool
    named: frozenset[str]

    def within(self, outer: "Reach") -> "Reach":
        """Return whom this lets through of those whom the folder around it lets through."""
        if outer.everybody:
            return self
        if self.everybody:
            return outer
        return Reach(everybody=False, named=self.named & outer.named)


@dataclass(frozen=True, slots=True)
class AccessMap:
    """`user:NAME`, `group:NAME` and `others` → groups of ours. What is not named lets nobody through."""

    mapping: Mapping[str, tuple[str, ...]]

    def reach(self, found: os.stat_result, *, listed: bool) -> Reach:
        """Return whom the mode lets read it, or pass through a folder; nobody where an access list says more.

        The mode of a file with an access list is no longer what it says.
        """
        if listed:
            return Reach(everybody=False, named=frozenset())
        bit = 1 if stat.S_ISDIR(found.st_mode) else 4
        owner, group, others = ((found.st_mode >> shift) & bit for shift in (6, 3, 0))
        named = set[str]()
        if owner:
            named.update(self._mapped("user", _user(found.st_uid), found.st_uid))
        if group:
            named.update(self._mapped("group", _group(found.st_gid), found.st_gid))
        # Where the group is shut out, "others" are not everybody.
        return Reach(everybody=bool(owner and group and others), named=frozenset(named))

    def groups(self, reach: Reach) -> frozenset[str]:
        """Return the groups of ours that may see it; none where nobody was said to."""
        if reach.everybody and OTHERS in self.mapping:
            return frozenset(self.mapping[OTHERS])
        return reach.named

    def _mapped(self, kind: str, name: str, number: int) -> tuple[str, ...]:
        return self.mapping.get(f"{kind}:{name}", self.mapping.get(f"{kind}:{number}", ()))


def has_list(path: str) -> bool:
    """Whether the file system keeps an access list for it beside the mode; where nobody can tell, it does."""
    try:
        return not _LISTS.isdisjoint(os.listxattr(path, follow_symlinks=False))
    except OSError as error:
        return error.errno not in {95, 61}  # not supported here: there are none


@lru_cache(maxsize=1_024)
def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


@lru_cache(maxsize=1_024)
def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
