"""How fast documents become ready, stage by stage, beside bare encoding and beside two other indexers."""
