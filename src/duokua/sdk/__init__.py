"""What programs beside the platform may import (开发接口). Empty: packs import listed parts of Python only."""
