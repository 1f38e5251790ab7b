"""One nodule at two dates: which is which, whether sizes may be compared, and what became of it."""
