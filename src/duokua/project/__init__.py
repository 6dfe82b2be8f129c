"""Where everything is joined: settings, urls, wsgi, the supervisor and the entry point."""
