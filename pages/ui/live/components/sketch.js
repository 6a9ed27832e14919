// Until the board and plotly.js (4.7 MB) have loaded, a chart is sketched: its lines and marks in its box, without
// numbers. This is sent with the page's first chart, long before they come, and again as a part of the board.
// No "less than" directly before a letter here: Streamlit removes scripts that look as if they held markup.

const BYTES = { i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array }
const DTYPES = { ...BYTES, i4: Int32Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array }

function numbers(values) {
  if (!values) return []
  if (!values.bdata) return Array.from(values, (value) => (value === null ? NaN : +value))
  const bytes = Uint8Array.from(atob(values.bdata), (letter) => letter.charCodeAt(0))
  return values.dtype in DTYPES ? Array.from(new DTYPES[values.dtype](bytes.buffer)) : []
}

// Map the values of an axis to positions between `start` and `end`; NaN for values without a logarithm.
function scaled(lines, axis, start, end) {
  const to = axis?.type === "log" ? Math.log10 : (value) => value
  const all = lines.map((values) => values.map(to))
  const known = axis?.range ?? all.flat().filter(Number.isFinite)
  const low = Math.min(...known)
  const span = Math.max(...known) - low || 1
  return all.map((values) => values.map((value) => start + ((end - start) * (value - low)) / span))
}

function path(x, y, joined) {
  let pen = "M"
  return y.reduce((drawn, height, place) => {
    const there = Number.isFinite(height) && Number.isFinite(x[place])
    const next = there ? `${drawn}${pen}${x[place].toFixed(1)} ${height.toFixed(1)}${joined ? "" : "h0"}` : drawn
    pen = there && joined ? "L" : "M"
    return next
  }, "")
}

function sketch(chart, { data = [], layout }) {
  const traces = data.filter(({ type, mode, y, fill, xaxis, yaxis }) => {
    return type === "scatter" && /lines|markers/.test(mode) && y && !fill && !xaxis && !yaxis
  })
  const ys = traces.map(({ y }) => numbers(y))
  const xs = traces.map(({ x }, place) => (x ? numbers(x) : [...ys[place].keys()]))
  const [width, height] = [chart.clientWidth, chart.clientHeight]
  const across = scaled(xs, layout.xaxis, 50, width - 10)
  const down = scaled(ys, layout.yaxis, height - 40, 20)
  const add = (parent, name, look) => {
    const drawn = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name))
    for (const [part, value] of Object.entries(look)) drawn.setAttribute(part, value)
    return drawn
  }
  chart.replaceChildren()
  const svg = add(chart, "svg", { class: "descent-lab-sketch", width, height })
  add(svg, "path", { class: "frame", d: `M50 10V${height - 40}H${width - 10}` })
  traces.forEach(({ mode, line, marker }, place) => {
    const joined = mode.includes("lines")
    const stroke = [line?.color, marker?.color, "currentColor"].find((hue) => typeof hue === "string")
    const look = { fill: "none", stroke, "stroke-width": joined ? 1.5 : 6, "stroke-linecap": "round" }
    add(svg, "path", { ...look, d: path(across[place], down[place], joined) })
  })
}
