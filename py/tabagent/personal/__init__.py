"""What belongs to the person: the library of system prompts, and the account of all that is kept."""
