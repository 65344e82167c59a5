"""The command line, one module a command; what it only asks about costs no import of torch."""
