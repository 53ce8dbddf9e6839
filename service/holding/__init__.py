"""Legal holds: what is held for a matter is not destroyed, replaced or changed until two people release it (R45)."""

from service.holding.guarding import held_for, refuse_held, refuse_held_turns
from service.holding.matters import Cover, Holds, MatterView, ReleaseView

__all__ = ["Cover", "Holds", "MatterView", "ReleaseView", "held_for", "refuse_held", "refuse_held_turns"]
