"""Brings what the field already has, of nnU-Net, TotalSegmentator, MONAI or as plain ONNX, into plug-ins."""
