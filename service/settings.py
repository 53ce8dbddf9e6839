"""Every setting, read once from the environment, frozen. The only reader of the environment."""

import difflib
import json
import os
import re
from collections.abc import Set as AbstractSet
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingError

from service.errors import SettingsError
from service.policy.facts import is_code

PREFIX = "RINGFENCE_"
_MB = 1024 * 1024
_PROMPT_TOKENS = 512
_URL_KINDS = {
    "database_url": ("postgresql+psycopg://",),
    "database_owner_url": ("postgresql+psycopg://",),
    "broker_url": ("amqp://", "amqps://", "redis://", "rediss://", "redis+socket://"),
    "qdrant_url": ("http://", "https://"),
    "vault_url": ("s3://",),
    "cloud_url": ("http://", "https://"),
    "traces_url": ("http://", "https://"),
    "url": ("http://", "https://"),
}
_BARE_NAME = re.compile(r"[a-z][a-z0-9_-]*")
"""A name without a dot. It starts with a letter: 134744072 and 0x08080808 are addresses on the internet."""
_PRIVATE_NETWORKS = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""`is_private` also holds tunnels to the internet (Teredo), and in older Pythons any address written as IPv6."""
_PLAIN_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "USER")


class Settings(BaseSettings):
    """What an operator can set: `RINGFENCE_` and the name in capitals, `ANTHROPIC_API_KEY` apart."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", populate_by_name=True, env_ignore_empty=True
    )

    data_dir: Path = Field(Path("ringfence-data"), description="Folder of the embedded knowledge base and the keys.")
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8700, ge=1, le=65535, description="Port the API listens on.")

    url: str | None = Field(None, description="API that the command line calls; unset: the one on the data folder.")
    api_key: SecretStr | None = Field(None, description="API key that the command line sends.")

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL as the application role (postgresql+psycopg://…); unset: embedded."
    )
    database_owner_url: SecretStr | None = Field(
        None, description="PostgreSQL as the owner of the schema, used only by `ringfence init` and migrations."
    )
    broker_url: SecretStr | None = Field(None, description="amqp://… (RabbitMQ) or redis://…; unset: embedded Valkey.")
    qdrant_url: str | None = Field(None, description="Qdrant server, http(s)://…; unset: embedded Qdrant Edge.")
    qdrant_api_key: SecretStr | None = Field(None, description="API key of the Qdrant server.")
    vault_url: str | None = Field(None, description="Where sealed originals go, s3://bucket/prefix; unset: a folder.")

    ledger: Path | None = Field(
        None, description="Folder of the erasure ledger, best on another disk; unset: ledger in the data folder."
    )

    embedder: str = Field("packaged", description="`packaged` (all-MiniLM-L6-v2), a folder, or a model id.")
    search_embedder: str | None = Field(
        None, description="Embedder that a new tenant's documents are found by; unset: the same."
    )
    reembed_share: float = Field(0.5, gt=0, le=1, description="Share of one worker process that re-embedding may take.")
    embedder_dimensions: int = Field(384, ge=1, description="Length of the embedder's vectors.")
    local_model_url: str | None = Field(
        None,
        description="OpenAI-compatible server inside the building (vLLM); several replicas between commas, or as JSON.",
    )
    local_model: str | None = Field(None, description="Name that the local server must serve the model under.")
    traces_url: str | None = Field(
        None, description="OTLP/HTTP collector inside the building, http://host:4318/v1/traces; unset: no traces."
    )
    local_model_hosts: frozenset[str] = Field(
        frozenset(), description='Extra hosts that count as inside the building, as JSON: ["gpu1.example"].'
    )
    local_model_quantisation: str | None = Field(
        None, description="How the local model's weights are stored (none, fp8, awq …); see `ringfence models pin`."
    )
    local_model_seconds: float = Field(120, gt=0, description="Longest time for a local answer that is not streamed.")
    local_model_silence: float = Field(30, gt=0, description="Longest time to the next piece of a streamed answer.")
    local_model_probe_seconds: float = Field(600, gt=0, description="How often a pinned local model is probed again.")
    fast_model_url: str | None = Field(None, description="A smaller local model that answers first; like the other.")
    fast_model: str | None = Field(None, description="Name that the smaller local model must be served under.")
    fast_model_quantisation: str | None = Field(None, description="How its weights are stored.")
    breaker_failures: int = Field(3, ge=1, description="Failures in a row after which a model is left alone.")
    breaker_seconds: float = Field(15, gt=0, description="How long it is left alone, unless it asks for longer.")
    anthropic_api_key: SecretStr | None = Field(
        None, validation_alias="ANTHROPIC_API_KEY", description="Key of the cloud model; unset: everything is local."
    )
    cloud_url: str | None = Field(None, description="Base URL of the Messages API; unset: Anthropic's own.")
    cloud_model: str = Field("claude-sonnet-4-5-20250929", description="Pinned name of the cloud model.")
    providers: Path | None = Field(
        None, description="Register of providers and their attestations; unset: providers.toml in the data folder."
    )
    sources: Path | None = Field(
        None,
        description="Which tenants may read which folders and accounts; unset: sources.toml in the data folder.",
    )
    answer_tokens: int = Field(512, ge=16, le=8192, description="Longest answer, in tokens.")
    context_tokens: int = Field(
        600, ge=0, description="How much of a conversation a question is asked with, in tokens; the newest turns count."
    )
    local_context_tokens: int = Field(
        2_048, ge=1_024, description="What the local model reads at once, answer included, in tokens."
    )
    cloud_context_tokens: int = Field(200_000, ge=1_024, description="The same of the cloud model.")

    max_upload_bytes: int = Field(50 * _MB, ge=1, description="Largest upload, in bytes.")
    max_pages: int = Field(2_000, ge=1, description="Longest document, in pages.")
    max_text: int = Field(20_000_000, ge=1, description="Longest canonical text, in characters.")
    max_attachments: int = Field(1_000, ge=1, description="Most files in one archive or message.")
    max_attached_bytes: int = Field(
        64 * _MB, ge=1, description="Most bytes that are taken out of one archive or message, unpacked."
    )
    nesting_depth: int = Field(3, ge=1, description="How deep archives and messages inside others are taken apart.")
    nested_documents: int = Field(5_000, ge=1, description="Most files taken out of one upload, at every depth.")
    nested_bytes: int = Field(1024 * _MB, ge=1, description="Most bytes taken out of one upload, at every depth.")
    parse_seconds: float = Field(60, gt=0, description="Longest time to parse one document.")
    parse_memory_bytes: int = Field(2048 * _MB, ge=256 * _MB, description="Most memory to parse one document.")
    ocr_languages: str = Field(
        "eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$", description="Tesseract's languages for OCR, joined by `+`."
    )
    ocr_pages: int = Field(300, ge=1, description="Most pages of one document that are read by OCR.")
    ocr_page_seconds: float = Field(30, gt=0, description="Longest time to read one page by OCR.")
    label_seconds: float = Field(20, gt=0, description="Longest time to examine one text; then it counts as unknown.")
    quarantine_score: float = Field(
        0.7, gt=0, description="Score from which a document is kept back as instructions to a model; above 1: none."
    )
    label_cache_size: int = Field(50_000, ge=0, description="Labels and findings remembered in a process; 0: none.")
    label_cache_seconds: float = Field(3_600, gt=0, description="How long a label is remembered.")
    vector_cache_size: int = Field(
        20_000, ge=0, description="Vectors remembered in a process, sealed under their documents' keys; 0: none."
    )
    worker_processes: int = Field(
        default_factory=lambda: max(1, min(4, (os.cpu_count() or 2) - 1)), ge=1, description="Worker child processes."
    )
    tenant_documents: int | None = Field(None, ge=1, description="Most documents of a tenant; unset: any number.")
    tenant_bytes: int | None = Field(None, ge=1, description="Most bytes of a tenant's originals; unset: any number.")
    tenant_waiting_jobs: int | None = Field(
        None, ge=1, description="Most documents of a tenant that wait to be ingested; unset: any number."
    )
    tenant_running_jobs: int | None = Field(
        None, ge=1, description="Most documents of a tenant that workers hold at once; unset: any number."
    )
    backlog: int = Field(
        1_000_000,
        ge=1,
        description="Documents of all tenants that may wait; beyond it a tenant has only its share.",
    )
    batch_documents: int = Field(64, ge=1, description="Most documents that a worker process takes at once.")
    slow_seconds: float = Field(
        5, gt=0, description="Time to store one document from which on workers take smaller batches."
    )
    worker_grace_seconds: float = Field(
        25, ge=5, description="How long a worker that is asked to stop works on; what is not done then goes back."
    )
    worker_memory_bytes: int = Field(
        4096 * _MB, ge=512 * _MB, description="Memory from which on a worker process is replaced after its task."
    )
    lease_seconds: float = Field(30, gt=0, description="How long a silent job stays with its worker.")
    max_attempts: int = Field(5, ge=1, description="How often a job is tried before it counts as failed.")

    @model_validator(mode="after")
    def _both_or_none(self) -> "Settings":
        _check_local("LOCAL_MODEL", self.local_model_url, self.local_model, self.local_model_hosts)
        _check_local("FAST_MODEL", self.fast_model_url, self.fast_model, self.local_model_hosts)
        if self.fast_model is not None and self.local_model is None:
            message = "RINGFENCE_FAST_MODEL needs a better one behind it: set RINGFENCE_LOCAL_MODEL too"
            raise ValueError(message)
        _check_inside("TRACES_URL", self.traces_url, self.local_model_hosts)
        if self.cloud_url is not None and self.cloud_url.startswith("http://") and not _inside(self.cloud_url):
            message = "RINGFENCE_CLOUD_URL must start with https:// where it leads outside the building"
            raise ValueError(message)
        if self.answer_tokens + _PROMPT_TOKENS > min(self.local_context_tokens, self.cloud_context_tokens):
            message = (
                f"RINGFENCE_ANSWER_TOKENS must leave at least {_PROMPT_TOKENS} of RINGFENCE_LOCAL_CONTEXT_TOKENS and "
                "RINGFENCE_CLOUD_CONTEXT_TOKENS to the question and its sources"
            )
            raise ValueError(message)
        return self

    @field_validator(
        "database_url", "database_owner_url", "broker_url", "qdrant_url", "vault_url", "cloud_url", "traces_url", "url"
    )
    @classmethod
    def _of_a_known_kind(cls, value: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        kinds = _URL_KINDS[str(info.field_name)]
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        if plain is not None and not plain.startswith(kinds):
            message = f"must start with {' or '.join(kinds)}"
            raise ValueError(message)
        return value

    @field_validator("local_model", "fast_model", "cloud_model")
    @classmethod
    def _fit_for_evidence(cls, value: str | None) -> str | None:
        if value is not None and not is_code(value):
            message = "must be a name without spaces, such as org/Model-7B: it is written into the audit"
            raise ValueError(message)
        return value

    @field_validator("local_model_quantisation", "fast_model_quantisation")
    @classmethod
    def _lower_case(cls, value: str | None) -> str | None:
        return value.strip().lower() if value is not None else None

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("providers", "ledger", "sources")
    @classmethod
    def _absolute_if_any(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


def addresses(setting: str) -> tuple[str, ...]:
    """Return the addresses in a setting that holds one, several between commas, or a JSON list of them."""
    if setting.lstrip().startswith("["):
        try:
            listed = json.loads(setting)
        except ValueError:
            return ("",)  # refused like any address that leads nowhere
        return tuple(str(one) for one in listed) if listed else ("",)
    return tuple(one.strip() for one in setting.split(","))


def load(**overrides: object) -> Settings:
    """Read the settings. Raises SettingsError with one clear line, also for a name that does not exist."""
    _refuse_unknown_names()
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None
    except UnreadableSettingError:  # names the field only deep inside; hosts are the one setting that is not plain
        message = f'{PREFIX}LOCAL_MODEL_HOSTS: must be a JSON list of hosts, such as ["gpu1.example"]'
        raise SettingsError(message) from None


def bare_environment() -> dict[str, str]:
    """Return the part of this environment that a program needs which reads no setting and keeps no secret."""
    return {name: os.environ[name] for name in _PLAIN_VARIABLES if name in os.environ}


def environment(settings: Settings, *, without: AbstractSet[str] = frozenset()) -> dict[str, str]:
    """Return the environment in which `load()` gives these settings, less the fields named in `without`."""
    names = {field: _variable(field) for field in Settings.model_fields}
    # The cloud key has two spellings; neither may slip through.
    known = {*names.values(), *(f"{PREFIX}{field}".upper() for field in names)}
    spelled = {name: value for name, value in os.environ.items() if name.upper() not in known}
    for field in settings.model_fields_set - without:
        value = getattr(settings, field)
        if value is not None:
            spelled[names[field]] = _spelled(value)
    return spelled


def _variable(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field}".upper()


def _spelled(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(sorted(value)) if isinstance(value, frozenset) else str(value)


def _refuse_unknown_names() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; did you mean {close[0]}?" if close else "; see `ringfence settings`"
            message = f"unknown setting {name}{hint}"
            raise SettingsError(message)


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][0]) if first["loc"] else ""
    name = f"{_variable(place) if place in Settings.model_fields else place}: " if place else ""
    return name + str(first["msg"]).removeprefix("Value error, ")


def _check_local(name: str, setting: str | None, model: str | None, hosts: frozenset[str]) -> None:
    """Refuse half a local model, an address that may lie outside, and one that is named twice. Raises ValueError."""
    if (setting is None) != (model is None):
        message = f"set {PREFIX}{name}_URL and {PREFIX}{name} together"
        raise ValueError(message)
    urls = addresses(setting) if setting is not None else ()
    for url in urls:
        _check_inside(f"{name}_URL", url, hosts)
    if len(set(urls)) < len(urls):
        message = f"{PREFIX}{name}_URL names one address twice"
        raise ValueError(message)


def _check_inside(name: str, url: str | None, hosts: frozenset[str]) -> None:
    """Refuse an address that may lie outside. Raises ValueError."""
    if url is not None and not _inside(url, hosts):
        message = (
            f"{PREFIX}{name} names {urlsplit(url).hostname!r}, which may lie outside the building; "
            "if it does not, add it to RINGFENCE_LOCAL_MODEL_HOSTS"
        )
        raise ValueError(message)


def _inside(url: str, trusted: frozenset[str] = frozenset()) -> bool:
    """Whether the host is this machine, a private address, a bare service name, or one declared inside."""
    host = urlsplit(url).hostname or ""
    if host in trusted or _BARE_NAME.fullmatch(host):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE_NETWORKS)
