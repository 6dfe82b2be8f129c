"""Messages to posts and people (通知). Empty as yet."""
