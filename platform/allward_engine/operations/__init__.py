"""What the engine can do with a model: each operation is a generator that yields after every unit of work."""
