"""transformers-js-py 0.19, as far as TabAgent uses it."""
