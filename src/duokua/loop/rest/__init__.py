"""Cases for programs (管理接口): the same rules as on the pages, as JSON under ``/api/v1/``."""
