"""Programs that run a model in the tool that it comes from, by an interpreter that has the tool."""
