"""A lane's worker process: owns sessions and open executions, runs what the front names, decides nothing."""
