"""Huge pages for the time of a bench."""
import pathlib

TOTAL = pathlib.Path("/proc/sys/vm/nr_hugepages")
COMPACT = pathlib.Path("/proc/sys/vm/compact_memory")


class NotEnough(Exception):
    pass


class HugePages:
    """Reserves `megabytes` beside what others have reserved; gives them back on exit."""

    def __init__(self, megabytes):
        self._wanted = megabytes // 2
        self._added = 0

    def __enter__(self):
        before = _total()
        if COMPACT.exists():
            COMPACT.write_text("1")
        self._added = _change(self._wanted)
        if _total() - before < self._wanted:
            self.__exit__()
            raise NotEnough(f"{self._wanted} huge pages of 2 MB are needed, this machine gave "
                            f"{_total() - before}. Free some memory")
        return self

    def __exit__(self, *unused):
        _change(-self._added)
        self._added = 0


def _total():
    return int(TOTAL.read_text())


def _change(by):
    """How many more there are afterwards."""
    before = _total()
    TOTAL.write_text(str(max(0, before + by)))
    return _total() - before
