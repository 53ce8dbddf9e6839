"""Settings: one clear line for every mistake, secrets only where they belong."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, addresses, bare_environment, environment, load


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", *(f"RINGFENCE_{field}".upper() for field in Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)


def test_an_empty_environment_is_the_embedded_knowledge_base_without_a_cloud() -> None:
    settings = load()
    outside = (settings.database_url, settings.broker_url, settings.qdrant_url, settings.vault_url)
    assert outside == (None, None, None, None)
    assert settings.anthropic_api_key is None
    assert settings.data_dir.is_absolute()


def test_an_unknown_setting_stops_with_the_name_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_DATABSE_URL", "postgresql+psycopg://db/ringfence")
    with pytest.raises(SettingsError, match="RINGFENCE_DATABSE_URL; did you mean RINGFENCE_DATABASE_URL"):
        load()


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("RINGFENCE_PORT", "0", "RINGFENCE_PORT: "),  # out of range
        ("RINGFENCE_PORT", "http", "RINGFENCE_PORT: "),  # not a number
        ("RINGFENCE_CLOUD_MODEL", "our best model", "RINGFENCE_CLOUD_MODEL: "),  # could not stand in the audit
        ("RINGFENCE_LOCAL_MODEL_HOSTS", "gpu1", "RINGFENCE_LOCAL_MODEL_HOSTS: "),  # not JSON
        ("RINGFENCE_DATABASE_URL", "mysql://u:hunter2@db/x", "RINGFENCE_DATABASE_URL: "),  # another database
        ("RINGFENCE_BROKER_URL", "sqs://u:hunter2@queue", "RINGFENCE_BROKER_URL: "),  # a broker outside
        ("RINGFENCE_LOCAL_MODEL_URL", "http://gpu1:8000", "RINGFENCE_LOCAL_MODEL "),  # one without the other
        ("RINGFENCE_ANSWER_TOKENS", "2048", "RINGFENCE_LOCAL_CONTEXT_TOKENS "),  # no room for a question
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert line in f"{caught.value.detail} "
    assert "\n" not in caught.value.detail
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://10.1.2.3:8000",
        "http://172.31.0.1:8000",
        "http://[fd00::1]:8000",
        "http://localhost:8000",
        "http://vllm:8000",  # a service of docker-compose.yml
    ],
)
def test_a_local_model_inside_the_building_is_accepted(url: str) -> None:
    assert load(local_model_url=url, local_model="small").local_model_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "http://8.8.8.8:8000",
        "http://134744072:8000",  # 8.8.8.8 as one number
        "http://0x08080808:8000",  # the same in hexadecimal
        "http://[::ffff:8.8.8.8]:8000",  # the same as IPv6
        "http://[2001:0:808:808::1]:8000",  # a tunnel
        "http://10.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1@8.8.8.8/",  # the private address is a user name here
        "",
    ],
)
def test_a_local_model_that_may_lie_outside_is_refused(url: str) -> None:
    """R10: what is called local must be local."""
    with pytest.raises(SettingsError, match="outside the building"):
        load(local_model_url=url, local_model="small")


@pytest.mark.parametrize("url", ["http://api.anthropic.com", "http://proxy.example:8080", "http://127.0.0.1@8.8.8.8/"])
def test_what_leaves_the_building_leaves_encrypted(url: str) -> None:
    """R33: prompts and the provider's key."""
    with pytest.raises(SettingsError, match="RINGFENCE_CLOUD_URL must start with https://"):
        load(cloud_url=url)
    assert load(cloud_url=url.replace("http://", "https://")).cloud_url
    assert load(cloud_url="http://127.0.0.1:8080").cloud_url


def test_a_host_can_be_declared_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_LOCAL_MODEL_HOSTS", '["gpu1.example"]')
    settings = load(local_model_url="https://gpu1.example/v1", local_model="small")
    assert settings.local_model_hosts == {"gpu1.example"}


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: no credential in a log or a traceback."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    monkeypatch.setenv("RINGFENCE_BROKER_URL", "amqp://u:canary@broker//")
    assert "canary" not in repr(load())
    assert "canary" not in str(load().model_dump())


def test_a_child_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    monkeypatch.setenv("RINGFENCE_LOCAL_MODEL_HOSTS", '["b.example", "a.example"]')
    settings = load(data_dir=tmp_path, port=9001)
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load() == settings


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "RINGFENCE_ANTHROPIC_API_KEY"])
def test_a_secret_reaches_only_the_process_that_needs_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sk-canary")
    assert "sk-canary" in environment(load()).values()
    assert "sk-canary" not in environment(load(), without={"anthropic_api_key"}).values()
    assert "sk-canary" not in bare_environment().values()


def test_traces_go_to_a_collector_inside_the_building_only() -> None:
    with pytest.raises(SettingsError, match=r"RINGFENCE_TRACES_URL names 'collector\.example\.com'"):
        load(traces_url="https://collector.example.com/v1/traces")
    assert load(traces_url="http://10.0.0.7:4318/v1/traces").traces_url
    assert load().traces_url is None


@pytest.mark.parametrize(
    "setting",
    [
        "http://gpu1:8000,http://gpu2:8000",
        " http://gpu1:8000 , http://gpu2:8000",
        '["http://gpu1:8000", "http://gpu2:8000"]',
    ],
)
def test_a_local_model_may_have_several_replicas(setting: str) -> None:
    """R12."""
    configured = load(local_model_url=setting, local_model="small").local_model_url
    assert configured
    assert addresses(configured) == ("http://gpu1:8000", "http://gpu2:8000")


@pytest.mark.parametrize(
    "setting",
    [
        "http://gpu1:8000,https://api.example.com",
        "https://api.example.com,http://gpu1:8000",
        '["http://gpu1:8000", "http://8.8.8.8"]',
        "http://gpu1:8000,",
        "[]",
        '["http://gpu1:8000"',
        '[["http://gpu1:8000"]]',
    ],
)
@pytest.mark.parametrize("kind", ["local_model", "fast_model"])
def test_every_replica_must_lie_inside(kind: str, setting: str) -> None:
    """R10: one outside among several is as bad as one alone."""
    models = {"local_model_url": "http://gpu0:8000", "local_model": "small", kind: "small", f"{kind}_url": setting}
    with pytest.raises(SettingsError, match="outside the building"):
        load(**models)


def test_a_replica_is_named_once_and_a_fast_model_has_a_better_one_behind_it() -> None:
    with pytest.raises(SettingsError, match="twice"):
        load(local_model_url="http://gpu1:8000,http://gpu1:8000", local_model="small")
    with pytest.raises(SettingsError, match="RINGFENCE_LOCAL_MODEL too"):
        load(fast_model_url="http://gpu1:8000", fast_model="tiny")
