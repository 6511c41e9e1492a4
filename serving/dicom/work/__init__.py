"""What is done with what waits: ask the model, make the results, send them to the PACS."""
