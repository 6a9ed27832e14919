// What a chart shows for those who do not see it: a text of its last values, and its numbers as a table on request.

const MOST_ROWS = 200
const MOST_SPOKEN = 8
const withoutTags = (text) => String(text ?? "").replace(/<[^>]*>/g, " ").trim()

function written(value) {
  if (typeof value === "number") return Number.isFinite(value) ? String(+value.toPrecision(4)) : ""
  return withoutTags(value)
}

// The values of one trace as rows of two or three; a grid row by row.
function rowsOf({ x, y, z, orientation }) {
  const listed = (values) => (values?.bdata ? numbers(values) : [...(values || [])]).flat()
  const [xs, ys, zs] = [x, y, z].map(listed)
  if (zs.length && zs.length !== xs.length) {
    const broad = xs.length || +z.shape?.split(",")[1] || z[0]?.length || 1
    return zs.map((value, k) => [xs[k % broad] ?? k % broad, ys[Math.floor(k / broad)] ?? Math.floor(k / broad), value])
  }
  if (zs.length) return zs.map((value, k) => [xs[k], ys[k], value])
  if (orientation === "h") return xs.map((value, k) => [ys[k] ?? k, value])
  return ys.map((value, k) => [xs.length ? xs[k] : k, value])
}

function tracesOf({ data = [] }) {
  const told = data.filter(({ hoverinfo, visible }) => hoverinfo !== "skip" && visible !== false && visible !== "legendonly")
  return told.map((trace, place) => ({ name: withoutTags(trace.name) || `${place + 1}`, rows: rowsOf(trace) }))
}

// One row for each x where every trace has one value there; otherwise one row for each value.
function tableOf(spec) {
  const traces = tracesOf(spec).filter(({ rows }) => rows.length)
  const across = withoutTags(spec.layout?.xaxis?.title?.text) || "x"
  const upwards = withoutTags(spec.layout?.yaxis?.title?.text) || "y"
  const plain = traces.every(({ rows }) => rows[0].length === 2 && new Set(rows.map(([x]) => x)).size === rows.length)
  const names = new Set(traces.map(({ name }) => name))
  if (!plain || names.size < traces.length) {
    const head = ["", across, upwards, ...(traces.some(({ rows }) => rows[0].length > 2) ? ["value"] : [])]
    return [head, traces.flatMap(({ name, rows }) => rows.map((row) => [name, ...row]))]
  }
  const byX = new Map()
  traces.forEach(({ rows }, place) => {
    for (const [x, y] of rows) byX.set(x, (byX.get(x) || Array(traces.length).fill("")).with(place, y))
  })
  const sorted = [...byX].sort(([a], [b]) => (typeof a === "number" && typeof b === "number" ? a - b : 0))
  return [[across, ...names], sorted.map(([x, ys]) => [x, ...ys])]
}

function fill(table, spec) {
  const [head, rows] = tableOf(spec)
  const every = Math.ceil(rows.length / MOST_ROWS)
  const kept = rows.filter((_, place) => place % every === 0 || place === rows.length - 1)
  table.replaceChildren()
  const shown = every > 1 ? `${kept.length} of ${rows.length} rows, evenly spaced.` : `${rows.length} rows.`
  const whole = tracesOf(spec).length === spec.data.length
  table.createCaption().textContent = whole ? shown : `${shown} Shaded bands and guide lines are left out.`
  const top = table.createTHead().insertRow()
  for (const textContent of head) tag(top, "th", "", { scope: "col", textContent })
  const body = table.createTBody()
  for (const row of kept) {
    const line = body.insertRow()
    for (const value of row) line.insertCell().textContent = written(value)
  }
}

// "Kaiming, 30 layers: 0.21 at 200" for each line that has a name.
function spoken(spec) {
  const said = tracesOf(spec).filter(({ name, rows }) => rows.length && !/^\d+$/.test(name) && rows[0].length === 2)
  const last = said.slice(0, MOST_SPOKEN).map(({ name, rows }) => `${name}: ${rows.at(-1).map(written).reverse().join(" at ")}`)
  if (said.length > MOST_SPOKEN) last.push(`and ${said.length - MOST_SPOKEN} more`)
  return last.length ? `Last values: ${last.join("; ")}.` : ""
}

let readers = 0

// The text and the table of a chart, which follow what it shows.
function addNumbers(panel, chart) {
  const details = tag(panel, "details", "descent-lab-numbers", { hidden: true, ontoggle: () => chart.follow(false) })
  tag(details, "summary", "", { textContent: "Numbers" })
  const box = tag(details, "div", "", { tabIndex: 0, role: "region" })
  const table = tag(box, "table")
  const said = tag(panel, "span", "descent-lab-said", { id: `descent-lab-said-${readers++}` })
  chart.setAttribute("aria-describedby", said.id)
  chart.follow = (moving) => {
    if (moving && !details.open) return
    const spec = JSON.parse(chart.spec || "{}")
    details.hidden = !spec.data?.length
    said.textContent = [chart.told, details.hidden ? "" : spoken(spec)].filter(Boolean).join(" ")
    box.ariaLabel = `Numbers of: ${chart.ariaLabel}`
    if (details.open) fill(table, spec)
  }
}
