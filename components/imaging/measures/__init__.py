"""What is measured of a picture while its pixels are in memory, for the checks of the data."""
