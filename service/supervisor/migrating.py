"""Brings the schema up to date."""

import migrations
from service.folder import DataFolder
from service.settings import Settings
from service.supervisor import postgres
from service.supervisor.part import PartFailedError


def migrate(settings: Settings, folder: DataFolder) -> None:
    """Bring the schema up to date. With a server, only where its owner's address is known here."""
    if settings.database_url is None:
        postgres.create_database(folder)
        owner_url = folder.database_owner_url
    elif settings.database_owner_url is not None:
        owner_url = settings.database_owner_url.get_secret_value()
    else:
        return
    try:
        migrations.upgrade(owner_url)
    except migrations.SchemaError as error:
        message = f"the schema cannot be brought up to date: {error}"
        raise PartFailedError(message) from error
