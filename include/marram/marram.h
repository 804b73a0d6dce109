/* Everything libmarram offers. */
#ifndef MARRAM_MARRAM_H
#define MARRAM_MARRAM_H

#include <marram/additive.h>
#include <marram/base.h>
#include <marram/decide.h>
#include <marram/hazard.h>
#include <marram/history.h>
#include <marram/logistic.h>
#include <marram/model.h>
#include <marram/moments.h>
#include <marram/survival.h>

#endif
