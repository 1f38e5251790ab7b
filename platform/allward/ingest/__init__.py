"""DICOM in: C-STORE, STOW-RS and import; from bytes on the wire to rows of the study index."""
