"""DICOM as data: headers, geometry verdicts, volumes, result objects and patient names. No Django."""
