from voipcrm.formats import *
