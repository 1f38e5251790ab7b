"""Planning an operation on an organ: vessels, territories, cuts, margins, volumes. It knows no organ.

Masks of the package lie on the grid of an `Organ`: the organ's own box, so that the work grows with the organ
and not with the scan. Points are in mm in DICOM's LPS frame, voxels are (k, j, i), volumes are in mL. What a
person has to mend (an empty mask, a surface that misses the organ) is a `BadInputError` that says what to do.
"""
