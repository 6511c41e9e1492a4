"""TIFF files, BigTIFF of either byte order and microscopes' compressions among them."""
