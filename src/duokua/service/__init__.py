"""Service matters, forms and bookings (政务服务). Empty as yet."""
