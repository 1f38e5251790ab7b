"""Guidelines as data: versioned tables of rules, a small interpreter, and which table applies to whom."""
