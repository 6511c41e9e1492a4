const COLOURS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377"];
const MARKS = {LineChart: "line", ColumnChart: "bars", ComboChart: "line", ScatterChart: "scatter"};
const DOTS = 400;  // of a line that answer to the mouse

class Chart {
  constructor(element, kind) {
    this.element = element;
    this.kind = kind;
    this.selected = [];
  }
  getSelection() { return this.selected; }
  setSelection(selection) { this.selected = selection || []; }

  draw(table, options = {}) {
    const host = this.element.getRootNode().host || this.element;
    const width = options.width || this.element.clientWidth || host.clientWidth || 400;
    const height = options.height || Math.max(host.clientHeight, 120);
    const box = {
      left: MARGIN.left, right: Math.max(width - MARGIN.right, MARGIN.left + 10),
      top: MARGIN.top, bottom: Math.max(height - MARGIN.bottom, MARGIN.top + 10),
    };
    const rows = table.rows.filter(row => row.length);
    const content = this.kind === "BubbleChart"
      ? drawBubbles(table, rows, options, box)
      : drawSeries(this.kind, table, rows, options, box);
    this.element.innerHTML =
      `<svg width="${width}" height="${height}" font-family="sans-serif" font-size="10" fill="#333" role="img">` +
      content + drawTitles(box, options, height, width) + "</svg>";
    events.trigger(this, "ready");
  }
}

// === Lines, columns, dots ===

// Returns {label, mark, axis, colour, dash, hidden, points: [{x, y, tip}]} for each column of numbers.
function readSeries(kind, table, rows, options, byName) {
  const columns = table.cols.map((_, index) => index).filter(index => index > 0 && !table.cols[index].role);
  return columns.map((column, number) => {
    const own = (options.series || {})[number] || {};
    const tip = (table.cols[column + 1] || {}).role === "tooltip" ? column + 1 : null;
    const points = rows.map((row, index) => ({
      x: byName ? index : valueOf(row[0]),
      y: valueOf(row[column]),
      tip: tip ? shown(row[tip]) : `${shown(row[0])}: ${shown(row[column])}`,
    }));
    return {
      label: table.cols[column].label, mark: own.type || MARKS[kind] || "line",
      axis: own.targetAxisIndex || 0, colour: COLOURS[number % COLOURS.length],
      dash: own.lineDashStyle, hidden: own.visibleInLegend === false,
      points: points.filter(({x, y}) => Number.isFinite(x) && Number.isFinite(y)),
    };
  });
}

function drawSeries(kind, table, rows, options, box) {
  const byName = rows.length > 0 && typeof valueOf(rows[0][0]) === "string";
  const series = readSeries(kind, table, rows, options, byName);
  const bars = series.filter(({mark}) => mark === "bars" || mark === "column");
  const xRange = range(series.flatMap(({points}) => points.map(({x}) => x)), options.hAxis);
  if (bars.length) {  // half a column stands out on either side
    const half = (xRange[1] - xRange[0]) / Math.max(rows.length - 1, 1) / 2;
    xRange[0] -= half;
    xRange[1] += half;
  }
  const yRanges = [0, 1].map(index => {
    const axis = {...(options.vAxis || {}), ...((options.vAxes || {})[index] || {})};
    const values = series.filter(one => one.axis === index).flatMap(({points}) => points.map(({y}) => y));
    return range(values, bars.length ? {...axis, minValue: 0} : axis);
  });
  const x = scale(xRange, box.left, box.right);
  const ys = yRanges.map(found => scale(found, box.bottom, box.top));
  let drawn = drawBottomAxis(box, bottomTicks(options.hAxis || {}, byName, rows, xRange), x);
  if (!(options.vAxis || {}).ticks) {
    const used = index => index === 0 || series.some(({axis}) => axis === index);
    drawn += [0, 1].filter(used)
      .map(index => drawSideAxis(box, roundTicks(...yRanges[index], 5), ys[index], index === 1)).join("");
  }
  const annotated = table.cols.some(({role}) => role === "annotation");
  const barWidth = ((box.right - box.left) / Math.max(rows.length, 1)) * 0.9 / Math.max(bars.length, 1);
  series.forEach(one => {
    const place = bars.indexOf(one);
    drawn += place >= 0
      ? drawBars(one, x, ys[one.axis], barWidth, (place - bars.length / 2) * barWidth, annotated)
      : drawLine(one, x, ys[one.axis]);
  });
  return drawn + drawLegend(series, box);
}

function bottomTicks(axis, byName, rows, [low, high]) {
  if (axis.ticks) return axis.ticks.map(tick => (isObject(tick) ? tick : {v: tick, f: tick}));
  if (byName) return rows.map((row, index) => ({v: index, f: shown(row[0])}));
  return roundTicks(low, high, 6).map(tick => ({v: tick, f: tick}));
}

// The groups are nested as Google's are: tfma-metrics-histogram marks the columns by walking from the
// first <g clip-path> to its second child and to its third next sibling.
function drawBars(series, x, y, width, shift, annotated) {
  const rectangle = point =>
    `<rect x="${x(point.x) + shift}" width="${Math.max(width, 1)}" y="${Math.min(y(point.y), y(0))}" ` +
    `height="${Math.abs(y(0) - y(point.y))}" fill="${series.colour}"><title>${escaped(point.tip)}</title></rect>`;
  const note = point => text(
    x(point.x) + shift + width / 2, y(point.y) - 3,
    annotated && point.y ? +point.y.toFixed(3) : "", 'text-anchor="middle"');
  return `<g clip-path="none"><g></g><g>${series.points.map(rectangle).join("")}</g></g><g></g><g></g>` +
    `<g>${series.points.map(note).join("")}</g>`;
}

function drawLine(series, x, y) {
  const at = point => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`;
  const isLine = series.mark === "line";
  const dash = series.dash ? `stroke-dasharray="${series.dash.join(" ")}"` : "";
  const path = isLine
    ? `<polyline fill="none" stroke="${series.colour}" stroke-width="2" ${dash} points="${series.points.map(at).join(" ")}"/>`
    : "";
  const every = Math.ceil(series.points.length / DOTS) || 1;
  const dots = series.points.filter((_, index) => index % every === 0).map(point =>
    `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="${isLine ? 3 : 4}" ` +
    `fill="${series.colour}" fill-opacity="${isLine ? 0 : 1}"><title>${escaped(point.tip)}</title></circle>`);
  return path + dots.join("");
}

function drawLegend(series, box) {
  let right = box.right;
  return series.filter(({label, hidden}) => label && !hidden).reverse().map(({label, colour}) => {
    right -= label.length * 6.2 + 22;
    return `<rect x="${right}" y="6" width="10" height="10" fill="${colour}"/>` + text(right + 13, 15, label);
  }).join("");
}

// === Bubbles: name, x, y, colour, size ===

function drawBubbles(table, rows, options, box) {
  const colours = {colors: ["#F0F0F0", "#0A47A4"], minValue: 0, maxValue: 1, ...options.colorAxis};
  const sizes = {minValue: 0, maxValue: 1, minSize: 2, maxSize: 12, ...options.sizeAxis};
  const cells = column => rows.map(row => valueOf(row[column])).filter(Number.isFinite);
  const xRange = range(cells(1), options.hAxis), yRange = range(cells(2), options.vAxis);
  const x = scale(xRange, box.left, box.right), y = scale(yRange, box.bottom, box.top);
  const share = (value, axis) =>
    Math.min(1, Math.max(0, ((value || 0) - axis.minValue) / (axis.maxValue - axis.minValue || 1)));
  const [low, high] = [Math.max(xRange[0], yRange[0]), Math.min(xRange[1], yRange[1])];
  const ticks = roundTicks(...xRange, 6).map(tick => ({v: tick, f: tick}));
  const bubbles = rows.filter(row => [1, 2].every(column => Number.isFinite(valueOf(row[column])))).map(row => {
    const [, at, up, colour, size] = row.map(valueOf);
    const tip = row.map((cell, index) => `${table.cols[index].label}: ${shown(cell)}`).join("\n");
    return `<circle cx="${x(at)}" cy="${y(up)}" r="${sizes.minSize + share(size, sizes) * (sizes.maxSize - sizes.minSize)}" ` +
      `fill="${mixed(colours.colors, share(colour, colours))}" stroke="#888" fill-opacity=".85"><title>${escaped(tip)}</title></circle>`;
  });
  return drawBottomAxis(box, ticks, x) + drawSideAxis(box, roundTicks(...yRange, 5), y, false) +
    line(x(low), y(low), x(high), y(high), 'stroke="#999" stroke-dasharray="3 2"') + bubbles.join("");
}

function mixed([from, to], share) {
  const parts = [1, 3, 5].map(at => [from, to].map(colour => parseInt(colour.slice(at, at + 2), 16)));
  return `rgb(${parts.map(([a, b]) => Math.round(a + (b - a) * share)).join()})`;
}
