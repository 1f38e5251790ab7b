"""What runs found, what people say of it, and the DICOM objects made from both."""
