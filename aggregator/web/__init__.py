"""HTTP: the published files, content negotiation, search and status. Built on Starlette."""
