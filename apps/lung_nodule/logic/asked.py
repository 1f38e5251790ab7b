"""What is missing is asked for by name; nothing is ever assumed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """No answer yet: these inputs would decide it.

    Attributes
    ----------
    inputs
        Names of inputs, in the order in which they matter. The guideline or model words each as a question.
    """

    inputs: tuple[str, ...]
