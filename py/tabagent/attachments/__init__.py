"""What the person attaches to a question: files and pages, read into text."""
