"""What each file of the data folder is: its class, patient, split and metadata."""
