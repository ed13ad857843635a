"""The side panel alone, with a background that the tests play."""
