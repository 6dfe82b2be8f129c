"""What programs beside the platform may import (开发接口). Empty: packs import parts of Python."""
