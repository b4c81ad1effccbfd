// Chooses the images to write and fetches them from memory in time.
#pragma once

#include "queue.h"

static inline const uint8_t* upcoming_flood(struct queue* queue) {
  struct upcoming* upcoming = &queue->upcoming;
  upcoming->until_flood = upcoming->flood_every;
  const uint64_t flow = upcoming->flood_first + upcoming->flood_next;
  if (++upcoming->flood_next == upcoming->flood_count) upcoming->flood_next = 0;
  return queue->images->bytes[flow];
}

static inline const uint8_t* upcoming_choose(struct queue* queue) {
  struct upcoming* upcoming = &queue->upcoming;
  if (upcoming->chosen < upcoming->in_order_until)
    return queue->images->bytes[upcoming->first + upcoming->chosen++ % upcoming->count];
  if (upcoming->flood_count != 0 && --upcoming->until_flood == 0) return upcoming_flood(queue);
  // The upper half of a linear congruential generator, scaled without a division.
  upcoming->draw = upcoming->draw * 6364136223846793005ull + 1442695040888963407ull;
  return queue->images->bytes[upcoming->first + ((upcoming->draw >> 32) * upcoming->count >> 32)];
}

static inline const uint8_t* upcoming_take(struct queue* queue, uint64_t number) {
  const uint8_t** place = &queue->upcoming.images[number % QUEUE_UPCOMING];
  const uint8_t* image = *place;
  *place = upcoming_choose(queue);
  __builtin_prefetch(*place);
  return image;
}
