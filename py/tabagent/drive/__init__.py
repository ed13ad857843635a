"""Google Drive, read only: the sign-in, the list of files, and a file's text for the prompt."""
