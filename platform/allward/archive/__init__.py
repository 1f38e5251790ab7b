"""DICOMweb: what the archive answers to QIDO-RS and WADO-RS, streamed without Django in between."""
