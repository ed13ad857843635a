"""The model store of the built extension, against a hub that misbehaves."""
