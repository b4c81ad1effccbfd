"""What a program is given."""
import dataclasses

# Settings of the source (source/settings.h), by the same names.
SOURCE = ("flows", "mix", "order", "flood", "flood_every", "fill", "services", "check_every", "pace",
          "family")


@dataclasses.dataclass(frozen=True)
class Load:
    """Packets for the program, and what the balancer is made for; references have no targets."""
    flows: int
    mix: str = "established"
    order: str = "random"
    flood: int = 0
    flood_every: int = 0
    fill: int = 0
    services: int = 1
    check_every: int = 4096
    pace: int = 0      # packets a second
    share: tuple = ()  # or (part, load): so much of what holdfastd does at that load in the round
    family: int = 4    # of clients, VIPs and targets: 4 or 6
    workers: int = 1
    forwarding: str = "ipip"
    targets: int = 100
    affinities: int = 0    # of as many clients, spread evenly over the flows
    drains: bool = False   # a target after the other, and takes it back

    def arguments(self, **more):
        """For the source's device."""
        words = {name: getattr(self, name) for name in SOURCE} | {"queues": self.workers} | more
        return ",".join(f"{key}={value}" for key, value in words.items())

    def as_source(self):
        """The same for a source that is alone, without a pace."""
        return Load(**{name: getattr(self, name) for name in
                       (*SOURCE, "workers") if name not in ("check_every", "pace")})
