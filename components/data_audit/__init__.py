"""DataAudit and AuditGate: finds faults of the data before training."""
