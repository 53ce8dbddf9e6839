"""Pure decisions: who may see what, what may go where. A decision depends on its arguments only."""
