"""The catalogue tells which packages and keys still hold: a TUF repository as a folder of files."""
