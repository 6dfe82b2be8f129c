"""What programs beside the platform may import (开发接口). Empty: functions of packs import listed parts of Python only."""
