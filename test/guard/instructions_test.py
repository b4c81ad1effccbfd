#!/usr/bin/python3
"""A worker takes no more instructions for a packet than it should: a change that makes it
slower is seen on the day it lands, on any machine, however busy.

instructions_test.py PROGRAM             instructions.cc, built
instructions_test.py PROGRAM --profile MIX   which functions they are in, of one mix

Counted by the processor where it lets us, otherwise by callgrind (which is given no AVX-512).
They include the port of the test, whose wire is a ring: some 100 of each packet. When a change
makes it cheaper, lower its bound; when it is worth its price, raise it and say so in the commit.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Instructions for each packet, at most: a third more than it took when the bound was set.
BOUNDS = {
    "established, l2": 305,
    "established, ipip": 325,
    "established, gue": 360,
    "established, IPv6 in IPv4": 340,
    "established, every port": 470,
    "established, nat": 930,
    "replies by nat": 1060,
    "established, UDP": 310,
    "new connections": 900,
    "new connections, table full": 1050,
    "drops": 560,
    "ARP requests": 1170,
}
SKIPPED = 77
COUNTED, END = "holdfast::guard::CountedTurn*", "holdfast::guard::EndOfMix*"


def main():
    program, *rest = sys.argv[1:]
    if rest[:1] == ["--profile"]:
        return profile(program, rest[1])
    counts = by_processor(program) or by_callgrind(program)
    if set(counts) != set(BOUNDS):
        sys.exit(f"the mixes are {list(counts)}, but the bounds are for {list(BOUNDS)}")
    print(f"{'instructions for each packet':34}counted   at most")
    for name, count in counts.items():
        print(f"  {name:32}{count:7.0f}{BOUNDS[name]:10}{'   TOO MANY' * (count > BOUNDS[name])}")
    sys.exit(any(count > BOUNDS[name] for name, count in counts.items()))


def by_processor(program):
    """By name of the mix; nothing where there is no counter."""
    done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False)
    if done.returncode == SKIPPED:
        return None
    done.check_returncode()
    return {name: count / packets for packets, count, name in lines(done.stdout)}


def by_callgrind(program):
    if shutil.which("valgrind") is None:
        print("no counter of instructions: neither the processor's nor valgrind")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "out")
        mixes = callgrind(out, f"--dump-after={END}", program, "--bare")
        # out.1, out.2, ...: one at the end of each mix.
        files = [f"{out}.{number}" for number in range(1, len(mixes) + 1)]
        if sorted(glob.glob(f"{out}.*")) != sorted(files):
            sys.exit("callgrind did not dump once for each mix")
        return {name: total(file) / packets for (packets, _, name), file in zip(mixes, files)}


def profile(program, mix):
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "out")
        [(packets, _, name)] = callgrind(out, program, "--bare", mix)
        listed = subprocess.run(["callgrind_annotate", "--show-percs=no", out],
                                stdout=subprocess.PIPE, text=True, check=True).stdout
    print(f"instructions for each packet of '{name}', by function")
    for count, function in re.findall(r"^ *([\d,]+) +.*?:(.*?)(?: \[[^\]]*\])?$", listed, re.M):
        print(f"{int(count.replace(',', '')) / packets:8.1f}  {function[:90]}")


def callgrind(out, *command):
    """What the program printed; counts of turns are in `out`."""
    done = subprocess.run(["valgrind", "--quiet", "--tool=callgrind", f"--toggle-collect={COUNTED}",
                           f"--callgrind-out-file={out}", *command],
                          stdout=subprocess.PIPE, text=True, check=True)
    return lines(done.stdout)


def lines(text):
    return [(int(packets), int(count), name) for packets, count, name in
            (line.split(" ", 2) for line in text.splitlines())]


def total(file):
    with open(file) as dump:
        return int(re.search(r"^totals: (\d+)", dump.read(), re.M)[1])


if __name__ == "__main__":
    main()
