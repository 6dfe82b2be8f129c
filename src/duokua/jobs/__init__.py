"""Background tasks, their schedules and retries (后台任务): a lease queue in the database."""
