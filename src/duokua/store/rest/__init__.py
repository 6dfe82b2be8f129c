"""The store for programs (管理接口): the same rules as its pages, as JSON under ``/api/v1/``."""
