"""The parts that `ringfence up` starts: what a setting replaces, and who is told which secret."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from service.folder import DataFolder
from service.settings import Settings, load
from service.supervisor import parts

_SECRETS = {
    "anthropic_api_key": "canary-cloud",
    "qdrant_api_key": "canary-qdrant",
    "database_owner_url": "postgresql+psycopg://canary-owner@db/x",
    "database_url": "postgresql+psycopg://canary-app@db/x",
}


def test_every_store_is_embedded_unless_a_server_is_named(tmp_path: Path) -> None:
    assert _names(tmp_path) == ["postgres", "valkey", "edge"]
    assert _names(tmp_path, database_url="postgresql+psycopg://db/x") == ["valkey", "edge"]
    assert _names(tmp_path, broker_url="amqp://broker//") == ["postgres", "edge"]
    assert _names(tmp_path, qdrant_url="http://qdrant:6333") == ["postgres", "valkey"]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("api", {"canary-cloud", "canary-qdrant", "canary-app"}),
        ("worker", {"canary-qdrant", "canary-app"}),  # it never asks a cloud model
        ("beat", set()),  # it rings, no more
        ("valkey", set()),
        ("edge", set()),
    ],
)
def test_a_part_is_told_only_the_secrets_that_it_needs(tmp_path: Path, part: str, told: set[str]) -> None:
    settings = _settings(tmp_path, **_SECRETS)
    folder = DataFolder(tmp_path)
    environments = {
        one.name: one.environment for one in (*parts.stores(settings, folder), *parts.programs(settings, folder))
    }
    assert _canaries(environments[part]) == told


def test_every_program_reads_the_same_data_folder(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    for program in parts.programs(settings, DataFolder(tmp_path)):
        assert program.environment["RINGFENCE_DATA_DIR"] == str(tmp_path)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8700"),
        ("0.0.0.0", "http://127.0.0.1:8700"),  # noqa: S104 - nothing is bound
        ("::", "http://[::1]:8700"),
        ("kb.example", "http://kb.example:8700"),
    ],
)
def test_the_address_is_one_that_this_machine_can_reach(tmp_path: Path, host: str, url: str) -> None:
    assert parts.url(_settings(tmp_path, host=host)) == url


def _settings(folder: Path, **given: object) -> Settings:
    return load(data_dir=folder, **given)


def _names(folder: Path, **given: object) -> list[str]:
    DataFolder(folder / "kb").create()
    settings = _settings(folder / "kb", **given)
    return [part.name for part in parts.stores(settings, DataFolder(folder / "kb"))]


def _canaries(environment: Mapping[str, str]) -> set[str]:
    words = " ".join(environment.values())
    return {name for name in ("canary-cloud", "canary-qdrant", "canary-owner", "canary-app") if name in words}


def test_of_several_worker_processes_one_is_kept_for_what_somebody_waits_for(tmp_path: Path) -> None:
    """R60: an upload or an erasure waits for no long batch."""
    made = {
        part.name: part.command for part in parts.workers(_settings(tmp_path, worker_processes=3), DataFolder(tmp_path))
    }
    assert made["worker"][-4:] == ("--concurrency", "1", "--exclude-queues", "bulk,relabel")
    assert made["bulk"][-4:] == ("--concurrency", "2", "--queues", "bulk,relabel,sweep")


def test_a_single_worker_process_hears_every_queue(tmp_path: Path) -> None:
    (only,) = parts.workers(_settings(tmp_path, worker_processes=1), DataFolder(tmp_path))
    assert only.name == "worker"
    assert "queues" not in " ".join(only.command)
