"""All that a pack's Python may import (场景包开发接口). Empty until packs carry functions."""
