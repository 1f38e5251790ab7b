"""Clinical geometry that apps share: components, volumes and diameters of label maps. No Django, no DICOM."""
