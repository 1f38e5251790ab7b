"""What a plug-in says by itself, without a clinical app: its results as findings, nothing judged."""
