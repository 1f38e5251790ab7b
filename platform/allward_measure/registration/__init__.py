"""Two scans of one patient on one another: which point of the earlier one is which of the later one."""
