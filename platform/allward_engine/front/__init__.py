"""The front process: takes jobs, decides, supervises the workers; loads no runtime, so no model ends it."""
