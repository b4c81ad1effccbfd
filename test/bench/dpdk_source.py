"""What the bench builds of DPDK's source package: the packet source's device and l3fwd.

The source is fetched from the mirrors that this machine's apt uses, in the version of the
installed DPDK, and stays in build/bench. Nothing of it is in this repository.
"""
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "bench"
DRIVER = BUILD / "net_flows.so"
L3FWD = BUILD / "l3fwd"
DRIVER_LIBRARIES = ["-Wl,--no-as-needed"] + [
    f"-lrte_{name}" for name in ("bus_vdev", "ethdev", "mempool", "mbuf", "kvargs", "eal")]


class CannotBuild(Exception):
    pass


def build_all():
    """Builds what is missing or older than its source."""
    BUILD.mkdir(parents=True, exist_ok=True)
    tree = _tree()
    if is_outdated(DRIVER, HERE.glob("source/*.[ch]")):
        _build_driver(tree)
    if not L3FWD.exists():
        _build_l3fwd(tree)


def version():
    return _output("dpkg-query", "-W", "-f=${source:Version}", "libdpdk-dev")


def _tree():
    wanted = BUILD / ("dpdk_" + version())
    if not wanted.exists():
        print("bench: fetching DPDK's source package", flush=True)
        _fetch(wanted)
    return wanted


def _fetch(tree):
    apt = BUILD / "apt"
    (apt / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    _write_source_lists(apt / "sources")
    options = [f"-oDir::Etc::sourceparts={apt / 'sources'}", "-oDir::Etc::sourcelist=/dev/null",
               f"-oDir::State::lists={apt / 'lists'}", "-oAPT::Sandbox::User=root", "-qq"]
    subprocess.run(["apt-get", *options, "update"], cwd=apt, check=False)
    _run("apt-get", *options, "source", "--download-only", f"dpdk={version()}", cwd=apt)
    unpacked = apt / "unpacked"
    _run("dpkg-source", "--no-check", "-x", next(apt.glob("dpdk_*.dsc")), unpacked, cwd=apt)
    unpacked.rename(tree)


def _write_source_lists(directory):
    """apt's lists of this machine, asking for source packages."""
    directory.mkdir(exist_ok=True)
    etc = pathlib.Path("/etc/apt")
    for listed in [etc / "sources.list", *etc.glob("sources.list.d/*")]:
        if listed.suffix not in (".list", ".sources") or not listed.exists():
            continue
        text = re.sub(r"(?m)^Types:.*", "Types: deb-src", listed.read_text())
        text = re.sub(r"(?m)^deb(-src)?\s", "deb-src ", text)
        (directory / listed.name).write_text(text)


def _build_driver(tree):
    includes = [f"-isystem{tree / place}"
                for place in ("lib/ethdev", "lib/eal/include", "drivers/bus/vdev")]
    _run("gcc", "-std=gnu11", "-O3", "-march=native", "-Wall", "-Wextra", "-Wshadow", "-Werror",
         "-shared", "-fPIC", "-DALLOW_INTERNAL_API", *includes, *_dpdk_flags("--cflags"),
         *sorted(HERE.glob("source/*.c")), "-o", DRIVER, *DRIVER_LIBRARIES)
    # DPDK loads no driver from a place where anybody may write.
    os.chmod(DRIVER, 0o755)
    os.chmod(BUILD, 0o755)


def _build_l3fwd(tree):
    print("bench: building l3fwd", flush=True)
    example = tree / "examples" / "l3fwd"
    _run("make", "--silent", "-C", example, "shared")
    L3FWD.symlink_to(example / "build" / "l3fwd-shared")


def is_outdated(product, sources):
    return not product.exists() or any(
        source.stat().st_mtime > product.stat().st_mtime for source in sources)


def _dpdk_flags(what):
    return _output("pkg-config", what, "libdpdk").split()


def _output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        words = " ".join(str(word) for word in command[:3])
        raise CannotBuild(f"'{words} ...' failed:\n{done.stdout[-3000:]}")
