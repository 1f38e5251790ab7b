"""The app for lung nodules on chest CT: measured, followed over time, and judged by a guideline."""
