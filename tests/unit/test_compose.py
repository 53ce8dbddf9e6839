"""docker-compose.yml keeps the promises of the house; `docker compose config` itself runs where docker has it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

_FILE = Path(__file__).parents[2] / "docker-compose.yml"
_SECRETS = {"POSTGRES_OWNER_PASSWORD", "POSTGRES_APP_PASSWORD", "RABBITMQ_PASSWORD", "QDRANT_API_KEY"}
_ONE_SHOT = {"init", "role"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text())
    return read


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_the_whole_stack_is_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "rabbitmq", "qdrant", "vllm", "api", "worker", "bulk", "beat", *_ONE_SHOT}


def test_only_the_api_can_reach_the_outside(compose: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    """R10, R62: whatever else goes wrong, a worker, a store or the local model has no way out."""
    assert compose["networks"]["inside"] == {"internal": True}
    assert all(service["networks"] for service in services.values())  # none: compose would add one that leads out
    assert [name for name, service in services.items() if set(service["networks"]) != {"inside"}] == ["api"]
    assert [name for name, service in services.items() if "ports" in service] == ["api"]
    assert not any("network_mode" in service for service in services.values())


def test_the_cloud_key_is_given_to_the_api_alone(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if "ANTHROPIC_API_KEY" in service["environment"]] == ["api"]


def test_only_init_knows_the_owner_of_the_schema_among_the_products_parts(services: dict[str, dict[str, Any]]) -> None:
    """Row-level security does not bind the owner (R30)."""
    knows = {name for name, service in services.items() if "POSTGRES_OWNER_PASSWORD" in str(service)}
    assert knows == {"postgres", "role", "init"}


def test_no_secret_has_a_default() -> None:
    """R32: every use of a secret stops with a message where it is not set."""
    used = re.findall(r"\$\{(\w+)([^}]*)\}", _FILE.read_text())
    assert {name for name, _ in used} >= _SECRETS
    assert all(rest == f":?set {name}" for name, rest in used if name in _SECRETS)
    assert all(rest == ":-" for name, rest in used if name == "ANTHROPIC_API_KEY")


def test_every_image_is_pinned(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        tag = service["image"].rpartition(":")[2]
        assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag), name


def test_everything_that_stays_is_watched_and_what_it_needs_comes_first(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert ("healthcheck" in service) != (name in _ONE_SHOT), name
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in _ONE_SHOT else "service_healthy"
            assert how == {"condition": wanted}, (name, needed)


def test_every_volume_is_declared(compose: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert {name for name in named if not name.startswith("$")} == set(compose["volumes"])


def test_the_products_own_parts_run_without_privileges(services: dict[str, dict[str, Any]]) -> None:
    for name in ("api", "worker", "beat", "init"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]


def test_the_image_is_no_root_and_holds_no_secret() -> None:
    lines = (_FILE.parent / "Dockerfile").read_text().splitlines()
    assert "USER 10001" in lines
    assert not [line for line in lines if re.search("KEY|PASSWORD|SECRET|TOKEN(?!IZERS)", line)]
    assert all("--require-hashes" in line for line in lines if re.search(r"install.* -r ", line))


def test_docker_accepts_the_file() -> None:
    command = _compose_command()
    if command is None:
        pytest.skip("docker compose is not installed: apt-get install docker-compose")
    environment = os.environ | dict.fromkeys(_SECRETS, "x")
    done = subprocess.run(
        [*command, "-f", str(_FILE), "--profile", "gpu", "config", "-q"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def _compose_command() -> tuple[str, ...] | None:
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode == 0:
        return (docker, "compose")
    old = shutil.which("docker-compose")
    return (old,) if old else None
