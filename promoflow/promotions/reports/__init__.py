"""Reports that an auditor asks for, each read from the history of the stores that its reader oversees."""
