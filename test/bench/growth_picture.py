"""The curves of growth.py as SVG: one panel each, the rate above, the time in the box below."""
import html
import math

WIDTH, COLUMNS = 960, 3
PANEL_HEIGHT, HEAD = 286, 56
LEFT, RIGHT = 44, 34                 # of a panel, beside its plots
RATE_TOP, RATE_HEIGHT = 44, 110      # in a panel
TIME_TOP, TIME_HEIGHT = 176, 56

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d8dee4 }
  .rate, .time, .reference { fill: none; stroke-width: 2 }
  .rate { stroke: #0969da } .time { stroke: #bc4c00 } .reference { stroke: #8c959f }
  .rate-dot { fill: #0969da } .time-dot { fill: #bc4c00 } .reference-dot { fill: #8c959f }
  .rate-word { fill: #0969da } .time-word { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d }
    .rate { stroke: #4493f8 } .rate-dot, .rate-word { fill: #4493f8 }
    .time { stroke: #f0883e } .time-dot, .time-word { fill: #f0883e }
    .reference { stroke: #767e87 } .reference-dot { fill: #767e87 }
  }
"""


def draw(curves, heading):
    """`curves`: as in growth.json."""
    rows = math.ceil(len(curves) / COLUMNS)
    height = HEAD + rows * PANEL_HEIGHT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             f'width="{WIDTH}" height="{height}" role="img">',
             f"<title>Rate and time in the box of holdfastd</title><style>{STYLE}</style>",
             _text(4, 18, heading), _key(4, 38)]
    for number, curve in enumerate(curves):
        x = number % COLUMNS * WIDTH / COLUMNS
        y = HEAD + number // COLUMNS * PANEL_HEIGHT
        parts.append(f'<g transform="translate({x:g} {y})">{_panel(curve)}</g>')
    return "\n".join(parts + ["</svg>", ""])


def _key(x, y):
    return (_text(x, y, "holdfastd, millions a second", "rate-word") +
            _text(x + 190, y, "testpmd macswap (MS)") +
            _text(x + 340, y, "time in the box at 80 % load, p50 and p99, us", "time-word"))


def _panel(curve):
    inside = _text(LEFT, 16, curve["of"], "title") + _text(LEFT, 32, f'{curve["what"]}, {curve["unit"]}')
    points = curve["points"]
    if points:
        inside += _plot(points, ("reference", "rate"), RATE_TOP, RATE_HEIGHT)
        if points[0]["p99"] is not None:
            inside += _plot(points, ("p50", "p99"), TIME_TOP, TIME_HEIGHT)
        inside += _x_labels(points)
    if curve["waits_for"]:
        y = _bottom(points) + 36 if points else RATE_TOP + RATE_HEIGHT / 2
        inside += _text(LEFT, y, f'not yet: {curve["waits_for"]}')
    return inside


def _plot(points, fields, top, height):
    values = [point[field] for point in points for field in fields if point[field] is not None]
    highest = _round_up(max(values))
    inside = "".join(_grid_line(top + height * (1 - part), highest * part) for part in (0, 0.5, 1))
    for field in fields:
        if points[0][field] is not None:
            inside += _line([(x, top + height * (1 - point[field] / highest))
                             for x, point in zip(_xs(points), points)],
                            *(("time", field) if field in ("p50", "p99") else (field, "")))
    return inside


def _grid_line(y, value):
    right = WIDTH / COLUMNS - RIGHT
    return (f'<line class="grid" x1="{LEFT}" x2="{right:g}" y1="{y:g}" y2="{y:g}"/>' +
            _text(LEFT - 6, y + 4, f"{value:g}", anchor="end"))


def _line(places, name, label):
    x, y = places[-1]
    last = _text(x + 6, y + 4, label, name + "-word") if label else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle class="{name}-dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                   for x, y in places)
    return f'<polyline class="{name}" points="{path}"/>{dots}{last}'


def _xs(points):
    """Evenly: the values of x are powers, or few."""
    width = WIDTH / COLUMNS - LEFT - RIGHT - 24
    steps = max(1, len(points) - 1)
    return [LEFT + 12 + width * number / steps for number in range(len(points))]


def _x_labels(points):
    return "".join(_text(x, _bottom(points) + 16, _short(point["x"]), anchor="middle")
                   for x, point in zip(_xs(points), points))


def _bottom(points):
    return RATE_TOP + RATE_HEIGHT if points[0]["p99"] is None else TIME_TOP + TIME_HEIGHT


def _short(number):
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number // size}{letter}"
    return str(number)


def _round_up(value):
    """To 1, 2, 3, 4, 5, 6 or 8 times a power of ten."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _text(x, y, text, style="", anchor="start"):
    return (f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"' +
            (f' class="{style}"' if style else "") + f">{html.escape(text)}</text>")
