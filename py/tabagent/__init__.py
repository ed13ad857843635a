"""TabAgent's background: everything here runs in Pyodide, inside the extension's runtime thread.

The package is plain Python except for `tabagent.adapters.browser`, the only place that touches JavaScript.
Importing any module has no effect: `tabagent.main.start` builds and connects the objects.
"""
