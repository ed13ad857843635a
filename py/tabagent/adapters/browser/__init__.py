"""The ports on browser technology: the only package that touches JavaScript objects. No proxy leaves it."""
