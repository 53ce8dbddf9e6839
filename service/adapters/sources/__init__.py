"""What documents come from: folders, buckets, mailboxes, exports and lists, within what the operator allowed."""

from service.adapters.sources.opening import AllowedSources
from service.adapters.sources.register import TomlSourceRegister

__all__ = ["AllowedSources", "TomlSourceRegister"]
