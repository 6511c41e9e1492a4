const MARGIN = {left: 60, right: 60, top: 28, bottom: 42};

// Returns round numbers from low to high, about `count` of them.
function roundTicks(low, high, count) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const ticks = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + step * 1e-9; tick += step) {
    ticks.push(Math.abs(tick) < step * 1e-9 ? 0 : +tick.toPrecision(12));
  }
  return ticks;
}

// Returns [low, high] over the values, widened to what the axis asks for.
function range(values, axis = {}) {
  const window = axis.viewWindow || {};
  const found = values.concat([axis.minValue, axis.maxValue].filter(value => value != null));
  let low = found.reduce((a, b) => Math.min(a, b), Infinity);
  let high = found.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low > high) [low, high] = [0, 1];
  low = window.min ?? low;
  high = window.max ?? high;
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

// Maps numbers to pixels.
function scale([low, high], from, to) {
  return value => from + ((value - low) / (high - low)) * (to - from);
}

const text = (x, y, content, more = "") => `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;
const line = (x1, y1, x2, y2, more) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${more}/>`;

function drawBottomAxis(box, ticks, x) {
  const every = Math.ceil(ticks.length / Math.max((box.right - box.left) / 60, 1));
  return ticks.filter((_, index) => index % every === 0).map(({v, f}) =>
    line(x(v), box.top, x(v), box.bottom, 'stroke="#eee"') +
    text(x(v), box.bottom + 14, f, 'text-anchor="middle"')).join("");
}

function drawSideAxis(box, ticks, y, onRight) {
  if (onRight) return ticks.map(tick => text(box.right + 6, y(tick) + 3, tick)).join("");
  return ticks.map(tick =>
    line(box.left, y(tick), box.right, y(tick), 'stroke="#ddd"') +
    text(box.left - 6, y(tick) + 3, tick, 'text-anchor="end"')).join("");
}

function drawTitles(box, options, height, width) {
  const axis = index => (options.vAxes || {})[index] || (index ? {} : options.vAxis) || {};
  const middle = 'text-anchor="middle" font-style="italic"';
  const upright = (x, y) => `${middle} transform="rotate(-90 ${x} ${y})"`;
  const across = (box.left + box.right) / 2, down = (box.top + box.bottom) / 2;
  const titles = [
    [(options.hAxis || {}).title, across, height - 6, middle],
    [axis(0).title, 14, down, upright(14, down)],
    [axis(1).title, width - 8, down, upright(width - 8, down)],
    [options.title, box.left, 14, 'font-weight="bold"'],
  ];
  return titles.filter(([title]) => title).map(([title, x, y, more]) => text(x, y, title, more)).join("");
}
