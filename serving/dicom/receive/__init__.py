"""Objects in, by C-STORE or STOW-RS, and into the spool."""
