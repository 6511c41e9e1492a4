"""What every room needs of the process it runs in: errors, progress, threads, the stack."""
