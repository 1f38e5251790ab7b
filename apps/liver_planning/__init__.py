"""The app for planning an operation on the liver: segments, standard volumes, what remains."""
