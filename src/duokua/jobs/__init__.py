"""Background tasks on a lease queue in the metadata database (后台任务). Empty as yet."""
