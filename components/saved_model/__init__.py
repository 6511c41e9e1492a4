"""What lies in an exported model beside the graph."""
