"""Trainer: the network, its two phases of training and the export."""
