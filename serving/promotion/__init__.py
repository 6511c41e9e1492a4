"""Which version answers: labels move, folders stay."""
