"""Options of Apache Beam, on which some nodes run."""
