from voipcrm.formats import *
from voipcrm.formats import TIME_FORMAT

DATE_FORMAT = SHORT_DATE_FORMAT = "j b Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = f"{DATE_FORMAT}, {TIME_FORMAT}"
MONTH_DAY_FORMAT = "j b"
