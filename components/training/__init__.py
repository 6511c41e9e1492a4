"""How a network learns: data, phases, callbacks, checkpoints."""
