"""Messages (通知) to posts and persons: an inbox in the portal, and channels that go outward."""
