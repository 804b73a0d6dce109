/* Everything libmarram offers. */
#ifndef MARRAM_MARRAM_H
#define MARRAM_MARRAM_H

#include <marram/base.h>
#include <marram/decide.h>
#include <marram/history.h>
#include <marram/model.h>
#include <marram/moments.h>
#include <marram/survival.h>

#endif
