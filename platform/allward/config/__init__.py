"""How the processes start: settings, environment, addresses, and the programs themselves."""
