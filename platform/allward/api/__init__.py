"""The REST face, the web sockets, and the raw branch that carries bulk bytes."""
