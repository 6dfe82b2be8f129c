"""The resource store (资源商店): from listing to request, decision, grant and use."""
