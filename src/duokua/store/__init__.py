"""The resource store (资源商店): listing, request, approval, rating. Empty as yet."""
