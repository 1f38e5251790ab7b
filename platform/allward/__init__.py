"""The Django core of Allward: tenants, archive, registry, runs, results, and the flow that joins them."""
