"""500 documents come in while every part dies at every stage, on real servers: as if nothing had happened (R60, R43).

PostgreSQL, RabbitMQ and Redis are servers of their own; the owner of the index, API, worker with two children and beat
are processes that are killed with -9, or stand still longer than a lease, when a document has reached a named stage.
`python -m tests.proof.crashes` does it for every part at every stage.
"""

from collections.abc import Iterator

import pytest

from tests.acceptance import stock
from tests.acceptance.handing_in import Run
from tests.acceptance.services import Broker, Services
from tests.acceptance.stages import Stage
from tests.acceptance.storm import Storm, Strike, Victim
from tests.servers.postgres import created_database, started
from tests.servers.rabbitmq import rabbitmq
from tests.servers.valkey import redis

__all__ = ["rabbitmq", "redis"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_500)]

DOCUMENTS = 500
STRIKES = {
    "redis": (
        (Victim.API, Stage.KEPT),
        (Victim.API, Stage.RINGING),
        (Victim.WORKER_CHILD, Stage.READING),
        (Victim.INDEX, Stage.WRITING),
        (Victim.DATABASE, Stage.POINTED),
        (Victim.BROKER, Stage.COMMITTED),
        (Victim.WORKER_PARENT, Stage.LABELLING),
        (Victim.BEAT, Stage.SPLITTING),
        (Victim.BROKER_FROZEN, Stage.PARSING),
        (Victim.EVERYTHING, Stage.EMBEDDING),
    ),
    "rabbitmq": (
        (Victim.API, Stage.RINGING),
        (Victim.API, Stage.KEPT),
        (Victim.BROKER, Stage.PARSING),
        (Victim.WORKER_CHILD, Stage.POINTED),
        (Victim.INDEX, Stage.LABELLING),
        (Victim.DATABASE_FROZEN, Stage.WRITING),
        (Victim.WORKER_PARENT, Stage.COMMITTED),
        (Victim.DATABASE, Stage.READING),
        (Victim.BEAT, Stage.EMBEDDING),
        (Victim.EVERYTHING, Stage.SPLITTING),
    ),
}
"""Every part and every stage once per broker, and other pairs with the other broker."""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, redis: Broker) -> Iterator[Services]:
    """Run everything on a PostgreSQL of its own: it will be killed."""
    server = started()
    try:
        with created_database(server) as address:
            path = tmp_path_factory.mktemp("crash") / "data"
            made = Services(path, server=server, database=address, broker=redis)
            made.command("init")
            made.start()
            yield made
            assert made.stop() == 0
    finally:
        server.stop()


@pytest.fixture(scope="module")
def undisturbed(services: Services) -> stock.Stock:
    """Ingest the same documents in peace."""
    calm = stock.taken(stormed(services, "calm", ()))
    assert stock.wrong(calm, as_in=calm, strikes=0) == []
    assert {kept.state for kept in calm.kept.values()} == {"ready", "failed"}
    return calm


def stormed(services: Services, tenant: str, strikes: tuple[tuple[Victim, Stage], ...]) -> Run:
    """Ingest documents of a new tenant under these strikes."""
    services.command("tenants", "add", tenant)
    run = Run(stack=services, tenant=tenant, documents=DOCUMENTS)
    storm = Storm(services=services, run=run)
    report = storm.rage([Strike(victim=victim, stage=stage) for victim, stage in strikes])
    assert report.missed == []
    return run


@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
def test_a_run_during_which_everything_dies_ends_as_an_undisturbed_one(
    services: Services, undisturbed: stock.Stock, broker: str, request: pytest.FixtureRequest
) -> None:
    other: Broker = request.getfixturevalue(broker)
    if other is not services.broker:
        services.with_broker(other)
        services.start()
    strikes = STRIKES[broker]
    found = stock.taken(stormed(services, f"storm-{broker}", strikes))
    begun_anew = sum(Strike(victim=victim, stage=stage).counts for victim, stage in strikes)
    assert stock.wrong(found, as_in=undisturbed, strikes=begun_anew) == []
