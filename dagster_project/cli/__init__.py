"""The `entrepot` command, a file per group of commands. Nothing is computed here."""
