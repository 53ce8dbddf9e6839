"""The product as one value: every use case around one set of adapters."""

from service.product.assembling import assemble
from service.product.parts import Adapters, Ringfence, UseCaseLimits

__all__ = ["Adapters", "Ringfence", "UseCaseLimits", "assemble"]
