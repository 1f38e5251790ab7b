"""What a lung nodule measures: axes, volume, density, kind, solid part, place and growth. Pure functions."""
