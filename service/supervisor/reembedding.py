"""`ringfence index reembed|status|switch|cancel`: on the data folder, beside a running knowledge base or by itself."""

from collections.abc import Callable
from pathlib import Path

from service import bootstrap
from service.errors import NotFoundError, RestorePendingError
from service.folder import DataFolder
from service.policy.access import TenantId
from service.product import Ringfence, assemble
from service.reembedding import SpaceView
from service.settings import Settings
from service.supervisor import parts
from service.supervisor.serving import serving

Views = dict[str, tuple[SpaceView, ...]]
"""Tenant's name → spaces."""


def reembed(settings: Settings, tenant: str | None, model: str, *, precision: str | None, hold: bool) -> Views:
    """Begin for one tenant or all of them. Raises SettingsError before anything begins where the model is unfit."""
    named = str(Path(model).absolute()) if Path(model).is_dir() else model

    def begin(product: Ringfence, tenant_id: TenantId) -> tuple[SpaceView, ...]:
        choice = product.reembedding.spaces.embedders.choice(named, precision=precision)
        return (product.reembedding.start_in(tenant_id, choice, hold=hold),)

    return _of_each(settings, tenant, begin)


def status(settings: Settings, tenant: str | None) -> Views:
    """Return the spaces of one tenant or all of them."""
    return _of_each(settings, tenant, lambda product, tenant_id: product.reembedding.status_of(tenant_id))


def switch(settings: Settings, tenant: str | None) -> Views:
    """Let what is built serve as soon as it is whole."""
    return _of_each(settings, tenant, lambda product, tenant_id: (product.reembedding.switch_in(tenant_id),))


def cancel(settings: Settings, tenant: str | None) -> Views:
    """Give up what is being built, and drop it now."""

    def given_up(product: Ringfence, tenant_id: TenantId) -> tuple[SpaceView, ...]:
        view = product.reembedding.cancel_in(tenant_id)
        product.reembedding.switching.drop(tenant_id)
        return (view,)

    return _of_each(settings, tenant, given_up)


def _of_each(
    settings: Settings, tenant: str | None, use_case: Callable[[Ringfence, TenantId], tuple[SpaceView, ...]]
) -> Views:
    """Run a use case for the tenant, or for every one that it is about. Raises NotFoundError where that is none."""
    folder = DataFolder(settings.data_dir)
    if folder.restore_pending.exists():
        raise RestorePendingError
    with serving(settings, folder, parts.stores(settings, folder)), bootstrap.opened(settings) as adapters:
        product = assemble(adapters, bootstrap.limits(settings))
        tenants = [one for one in adapters.database.tenants() if tenant in {None, one.slug}]
        if not tenants:
            message = f"there is no tenant {tenant!r}" if tenant else "there is no tenant yet: ringfence tenants add"
            raise NotFoundError(message)
        views: Views = {}
        for one in tenants:
            try:
                views[one.slug] = use_case(product, one.id)
            except NotFoundError:
                if tenant is not None:
                    raise
    if not views:
        message = "No vector space is being built."
        raise NotFoundError(message)
    return views
