"""What the gate can decide with the images of a folder, before anything is trained."""
