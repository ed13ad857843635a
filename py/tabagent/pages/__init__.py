"""Pages of the browser's tabs as attachments: by the panel, the toolbar, the context menu, or an address."""
