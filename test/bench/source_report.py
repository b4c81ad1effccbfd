"""The page that the packet source shares with us (source/report.h)."""
import mmap
import struct

MAGIC = 0x32574F4C46464C48
OPENING, READY, WARMING, MEASURING, DONE = range(5)

HEADER = struct.Struct("4Q32x")
BEGIN_OFFSET = 24
QUEUE = struct.Struct("14Q128s16x512Q")
QUEUES = 16
FIELDS = ("state given taken window_cycles window_cpu_ns window_given window_taken "
          "checked wrong no_buffer wrong_length standstills standstill_cycles missed "
          "wrong_frame").split()


def _longest(index):
    """Cycles: the longest time that report_time_index() of source/report.h has at `index`."""
    if index < 16:
        return index
    power, step = divmod(index, 16)
    return ((16 + step + 1) << (power - 1)) - 1


class SourceReport:
    """Owns the file at `path` and its mapping. `queues`: how many the program polls."""

    def __init__(self, path, queues=1):
        self.path = path
        self._queues = queues
        size = HEADER.size + QUEUES * QUEUE.size
        path.write_bytes(bytes(size))
        with open(path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), size)

    @property
    def is_made(self):
        return self._header()[0] == MAGIC

    @property
    def cycles_per_second(self):
        return self._header()[1]

    @property
    def footprint(self):
        return self._header()[2]

    def begin(self):
        struct.pack_into("Q", self._page, BEGIN_OFFSET, 1)

    def queues(self):
        """One dictionary of FIELDS for each queue."""
        return [dict(zip(FIELDS, values)) for values in self._values()]

    def times(self):
        """A list of (seconds, packets), by seconds: packets that took at most so long."""
        counts = map(sum, zip(*(values[len(FIELDS):] for values in self._values())))
        return [(_longest(index) / self.cycles_per_second, count)
                for index, count in enumerate(counts) if count]

    def _values(self):
        return [QUEUE.unpack_from(self._page, HEADER.size + i * QUEUE.size)
                for i in range(self._queues)]

    def total(self, field):
        return sum(queue[field] for queue in self.queues())

    def all_in(self, state):
        return self.is_made and all(queue["state"] == state for queue in self.queues())

    def _header(self):
        return HEADER.unpack_from(self._page)
