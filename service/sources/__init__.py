"""Documents kept in step with where they come from: folders, buckets, mailboxes, exports and lists (R60)."""

from service.sources.keeping import Asked, Sources
from service.sources.syncing import Syncing
from service.sources.values import ItemView, NewSource, RunView, SourceView

__all__ = ["Asked", "ItemView", "NewSource", "RunView", "SourceView", "Sources", "Syncing"]
