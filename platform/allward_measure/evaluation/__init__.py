"""How well found things agree with a reference: overlap, surfaces, detection, and how sure that is."""
