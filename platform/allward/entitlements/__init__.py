"""What publishers let a hospital use, and what it has used: tokens, counted studies, a clock that stays."""
