// Is a transmitted frame what the program should have made of it?
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "images.h"
#include "settings.h"

// By settings->check. `target_of` remembers, by flow, where it went: it may not change.
bool frame_is_right(const struct settings* settings, const struct images* images,
                    uint16_t* target_of, const uint8_t* frame, size_t length);
