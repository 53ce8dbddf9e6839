"""The local model over vLLM's OpenAI-compatible API."""

from service.adapters.vllm.client import VllmLocalModel

__all__ = ["VllmLocalModel"]
