"""DICOMweb out: QIDO-RS and WADO-RS over the study index and the stored bytes."""
