"""What waits: images for the model, studies until they are quiet, results for the PACS."""
