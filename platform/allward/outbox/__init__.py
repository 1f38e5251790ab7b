"""Facts waiting to be told: events written in the transaction that made them true."""
