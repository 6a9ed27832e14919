// Until plotly.js (4.7 MB) has loaded, a chart is sketched: its lines in its box, without numbers. On a slow network the
// first picture comes twice as soon.

const DTYPES = {
  f8: Float64Array,
  f4: Float32Array,
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
}

function numbers(values) {
  if (!values) return []
  if (!values.bdata) return Array.from(values, (value) => (value === null ? NaN : +value))
  const bytes = Uint8Array.from(atob(values.bdata), (letter) => letter.charCodeAt(0))
  return values.dtype in DTYPES ? Array.from(new DTYPES[values.dtype](bytes.buffer)) : []
}

// Map the values of an axis to positions between `start` and `end`; NaN for values without a logarithm.
function scaled(lines, type, start, end) {
  const to = type === "log" ? Math.log10 : (value) => value
  const all = lines.map((values) => values.map(to))
  const known = all.flat().filter(Number.isFinite)
  const low = Math.min(...known)
  const span = Math.max(...known) - low || 1
  return all.map((values) => values.map((value) => start + ((end - start) * (value - low)) / span))
}

function path(x, y) {
  let pen = "M"
  return y.reduce((drawn, height, place) => {
    const there = Number.isFinite(height) && Number.isFinite(x[place])
    const next = there ? `${drawn}${pen}${x[place].toFixed(1)} ${height.toFixed(1)}` : drawn
    pen = there ? "L" : "M"
    return next
  }, "")
}

function sketch(chart, { data, layout }) {
  const lines = data.filter(({ type, mode, y, fill, xaxis, yaxis }) => {
    return type === "scatter" && mode?.includes("lines") && y && !fill && !xaxis && !yaxis
  })
  const ys = lines.map(({ y }) => numbers(y))
  const xs = lines.map(({ x }, place) => (x ? numbers(x) : [...ys[place].keys()]))
  const [width, height] = [chart.clientWidth, chart.clientHeight]
  const across = scaled(xs, layout.xaxis?.type, 50, width - 10)
  const down = scaled(ys, layout.yaxis?.type, height - 40, 20)
  const drawing = lines.map(({ line }, place) => {
    const look = `fill="none" stroke-width="1.5" stroke="${/^[#\w(),. ]+$/.exec(line?.color) || "currentColor"}"`
    return `<path ${look} d="${path(across[place], down[place])}"/>`
  })
  const frame = `<path class="frame" d="M50 10V${height - 40}H${width - 10}"/>`
  chart.innerHTML = `<svg class="descent-lab-sketch" width="${width}" height="${height}">${frame}${drawing.join("")}</svg>`
}
