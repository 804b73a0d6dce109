/* placeholder, replaced below */
#include "table.h"
