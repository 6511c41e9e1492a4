"""The models of a server, which follow the folder that they are pushed to.

`config` (which versions there are to be), `manager` (keeps them loaded), `versions` (the life of
one), `model` (a loaded one), `warmup`, `batching`.
"""
