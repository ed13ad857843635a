"""What the services need from the outside world, as small protocols; `tabagent.adapters` implements them."""
