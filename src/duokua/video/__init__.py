"""Live cameras (视频). Empty as yet."""
