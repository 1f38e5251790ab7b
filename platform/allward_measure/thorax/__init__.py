"""What a chest CT shows without any training: body, airways, lungs. For every app of the chest.

`coarse.py` brings the volume to a grid that is coarse enough to be quick and fine enough for what is
found here; `body.py`, `airways.py` and `lungs.py` find; nothing here knows a nodule.
"""
