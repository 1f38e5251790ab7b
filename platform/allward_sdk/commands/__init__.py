"""The sub-commands of `allward` that need nothing but the SDK."""
