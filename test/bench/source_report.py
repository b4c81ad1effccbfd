"""The page that the packet source shares with us (source/report.h)."""
import mmap
import struct

MAGIC = 0x31574F4C46464C48
OPENING, READY, WARMING, MEASURING, DONE = range(5)

HEADER = struct.Struct("4Q32x")
BEGIN_OFFSET = 24
QUEUE = struct.Struct("11Q128s40x")
QUEUES = 16
FIELDS = ("state given taken window_cycles window_cpu_ns window_given window_taken "
          "checked wrong no_buffer wrong_length wrong_frame").split()


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
        return [dict(zip(FIELDS, QUEUE.unpack_from(self._page, HEADER.size + i * QUEUE.size)))
                for i in range(self._queues)]

    def total(self, field):
        return sum(queue[field] for queue in self.queues())

    def all_in(self, state):
        return self.is_made and all(queue["state"] == state for queue in self.queues())

    def _header(self):
        return HEADER.unpack_from(self._page)
