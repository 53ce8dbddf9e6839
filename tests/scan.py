"""The byte scanner that the verifier uses, for tests that look into folders themselves."""

from service.adapters.inspecting.scanning import decompressed, forms_of, payloads, scan

__all__ = ["decompressed", "forms_of", "payloads", "scan"]
