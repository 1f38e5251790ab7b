"""How likely a nodule is malignant: the published models of Brock, Mayo and Herder, as formulas."""
