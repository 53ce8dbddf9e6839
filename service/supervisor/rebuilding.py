"""`ringfence index rebuild`: the index from SQL, beside a running knowledge base or with stores started for it."""

from service import bootstrap
from service.errors import RestorePendingError
from service.folder import DataFolder
from service.product import assemble
from service.settings import Settings
from service.supervisor import parts
from service.supervisor.backing_up import Tell
from service.supervisor.serving import serving


def rebuild(settings: Settings, *, every: bool, tell: Tell) -> int:
    """Write the points of documents that lack some; return of how many. Raises RingfenceError with one clear line."""
    folder = DataFolder(settings.data_dir)
    if folder.restore_pending.exists():
        raise RestorePendingError
    with serving(settings, folder, parts.stores(settings, folder)), bootstrap.opened(settings) as adapters:
        product = assemble(adapters, bootstrap.limits(settings))
        return product.rebuilding.run(every=every, tell=lambda done, of: tell("index", done, of))
