// The network of the bench: where its parts stand, and what they look like with the numbers of a moment.

const FRAMES = [0.6, 1.4, 2.4, 3.8] // pixels of a unit's frame, by powers of ten of its δ

// The columns as they are drawn: of the live bench the first has all inputs there are, on or off.
function columnsOf(bench, spec) {
  const columns = spec.columns.map((column) => ({ ...column, bytes: decode(column.maps), shape: shape(column.maps) }))
  const { inputs } = (bench.acts && window.descentLabStill) || {}
  if (inputs?.length && spec.settings.inputs.length && mayChange(bench, "inputs")) {
    const all = inputs.map(({ map }) => decode(map))
    const [, high, wide] = shape(inputs[0].map)
    const bytes = new Uint8Array(all.length * high * wide)
    all.forEach((map, place) => bytes.set(map, place * high * wide))
    const on = inputs.map(({ name }) => spec.settings.inputs.includes(name))
    columns[0] = { ...columns[0], bytes, shape: [all.length, high, wide], names: inputs.map(({ label }) => label), on, switches: inputs }
  }
  for (const column of columns) column.place = column.on ? column.on.flatMap((on, at) => (on ? [at] : [])) : [...Array(column.shape[0]).keys()]
  return columns
}

function geometry(columns, wide) {
  const rows = Math.max(...columns.map((column) => column.shape[0]))
  const pitch = Math.max(34, Math.min(62, 266 / rows))
  const step = (wide - 90) / (columns.length - 1)
  const tile = Math.min(pitch * 0.8, step * 0.62, 50)
  const high = Math.max(rows * pitch, 200) + 58
  const where = columns.map((column, at) =>
    Array.from({ length: column.shape[0] }, (_, row) => [48 + at * step, 54 + (high - 58) / 2 + (row - (column.shape[0] - 1) / 2) * pitch]),
  )
  return { tile, high, where, step }
}

const nameOf = (columns, column, row) =>
  column === 0
    ? columns[0].names[row] ?? `input ${row + 1}`
    : `${column === columns.length - 1 ? "output" : "unit"} ${row + 1}${column === columns.length - 1 ? "" : ` of layer ${column}`}`

// The parts of a network of this shape; their numbers come with every picture.
function buildNet(bench, columns, links, wide) {
  const { tile, high, where } = (bench.place = geometry(columns, wide))
  bench.svg.replaceChildren()
  bench.over.replaceChildren()
  set(bench.svg, { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high })
  bench.links = links.flatMap((link, layer) => {
    const [from, to] = [columns[link.to - 1], columns[link.to]]
    const pairs = link.weights ? from.place.flatMap((_, source) => to.place.map((_, unit) => [source, unit])) : to.place.map((unit) => [unit, unit])
    return pairs.map(([source, unit]) => {
      const [[x1, y1], [x2, y2]] = [where[link.to - 1][from.place[source]], where[link.to][unit]]
      const middle = (x1 + x2) / 2
      const d = `M${x1 + tile / 2} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 - tile / 2} ${y2}`
      const [line, flow] = ["link", "flow"].map((name) => make(bench.svg, "path", name))
      set(line, { d, "data-link": `${layer},${unit},${source}` })
      set(flow, { d, "data-flow": `${layer},${unit},${source}`, "stroke-opacity": 0 })
      const [left, right] = [x1 + tile / 2, x2 - tile / 2]
      const bend = (t) => [
        left * (1 - t) ** 3 + 3 * middle * t * (1 - t) + right * t ** 3, // of the curve above
        y1 * (1 - t) ** 2 * (1 + 2 * t) + y2 * t ** 2 * (3 - 2 * t),
      ]
      return { line, flow, layer, unit, source, d, bend }
    })
  })
  for (const each of bench.links) {
    if (!links[each.layer].weights) continue
    const hit = make(bench.svg, "path", "hit")
    set(hit, { d: each.d })
    hit.onpointerenter = () => (bench.pointed = each) && bench.say()
    hit.onpointerleave = () => (bench.pointed = null)
    hit.onclick = () => hold(bench, { at: links[each.layer].to, row: each.unit }, each.source * links[each.layer].each)
  }
  for (const each of bench.links) set((each.dot = make(bench.svg, "circle", "dot")), { r: 3.2, "fill-opacity": 0 })
  bench.units = columns.flatMap((column, at) => where[at].map(([x, y], row) => buildUnit(bench, columns, at, row, [x, y], tile)))
  columns.forEach((column, at) => buildHead(bench, columns, at, where[at][0][0], Math.min(...where[at].map(([, y]) => y)) - tile / 2))
  // The network is one stop for the Tab key; the arrow keys go from unit to unit.
  const units = [...bench.over.querySelectorAll(".unit")]
  units[0].tabIndex = 0
  bench.over.onkeydown = (event) => {
    const { at, row } = event.target
    const [right, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] || []
    if (at === undefined || right === undefined) return
    event.preventDefault()
    const there = units.filter((unit) => unit.at === at + right && (right || unit.row === row + down))
    there[down ? 0 : Math.min(row, there.length - 1)]?.focus()
  }
  const [x, y] = where.at(-1).at(-1)
  bench.lossText = make(bench.svg, "text", "head loss")
  set(bench.lossText, { x, y: y + tile / 2 + 16 })
  if (mayChange(bench, "hidden")) buildLayers(bench)
}

function buildUnit(bench, columns, at, row, [x, y], tile) {
  const [left, top] = [x - tile / 2, y - tile / 2]
  const frame = make(bench.svg, "rect", "frame")
  set(frame, { x: left, y: top, width: tile, height: tile })
  const name = nameOf(columns, at, row)
  const input = columns[at].switches?.[row]
  const said = input ? `Input ${input.label}` : `Show ${name} large`
  const button = makeAct(bench.over, "unit", "", said, () => {
    if (input) act("input", input.name)
    else hold(bench, bench.held?.at === at && bench.held.row === row ? null : { at, row })
  })
  if (input) set(button, { "aria-pressed": columns[at].on[row] })
  button.tabIndex = -1
  Object.assign(button, { at, row })
  Object.assign(button.style, { left: `${left}px`, top: `${top}px`, width: `${tile}px`, height: `${tile}px` })
  button.onpointerenter = ({ pointerType }) => pointerType === "mouse" && hover(bench, { at, row })
  button.onpointerleave = () => hover(bench, null)
  if (columns[at].names[row]) {
    const text = make(bench.svg, "text", columns[at].names[row] === columns[at].true ? "name true" : "name")
    const end = at === columns.length - 1
    set(text, { x: end ? x + tile / 2 + 4 : left - 4, y: y + 4, "text-anchor": end ? "start" : "end", text: columns[at].names[row].slice(0, 9) })
  }
  const link = bench.spec.links.findIndex(({ to, weights }) => to === at && weights)
  if (link < 0) return { frame, at, row, left, top }
  const bias = make(bench.svg, "rect", "bias")
  set(bias, { x: left - 5, y: top + tile - 5, width: 10, height: 10, "data-bias": `${link},${row}` })
  const each = { layer: link, unit: row, source: null }
  bias.onpointerenter = () => (bench.pointed = each) && bench.say()
  bias.onpointerleave = () => (bench.pointed = null)
  bias.onclick = () => hold(bench, { at, row })
  return { frame, bias, at, row, left, top, link }
}

// What a column is, and of a hidden layer how many units it has, with one more and one less.
function buildHead(bench, columns, at, x, top) {
  const { title, units, shape: [shown] } = columns[at]
  const text = make(bench.svg, "text", "head")
  const many = units > shown ? `${shown} of ${units} ` : ""
  set(text, { x, y: 14, text: `${many}${title}`.slice(0, Math.max(6, bench.place.step / 6.5)) })
  const { hidden } = bench.spec.settings
  if (!mayChange(bench, "hidden") || at === 0 || at > hidden.length) return
  const row = html(bench.over, "span", bench.place.step < 80 ? "change tight" : "change")
  Object.assign(row.style, { left: `${x}px`, top: `${20}px` })
  const change = (by) => act("units", { layer: at, by })
  makeAct(row, "less", "−", `One unit less in layer ${at}`, () => change(-1))
  const size = html(row, "input")
  Object.assign(size, { value: hidden[at - 1], inputMode: "numeric" })
  size.setAttribute("aria-label", `Units in layer ${at}`)
  size.onchange = () => change(+size.value - hidden[at - 1] || 0)
  makeAct(row, "more", "+", `One unit more in layer ${at}`, () => change(1))
}

function buildLayers(bench) {
  const { hidden } = bench.spec.settings
  set(bench.depth.querySelector("b"), { text: `${hidden.length} hidden layer${hidden.length === 1 ? "" : "s"}` })
}

function showNet(bench) {
  const { spec, columns } = bench
  const wide = Math.floor(bench.net.clientWidth)
  if (!wide) return
  const built = JSON.stringify([wide, spec.settings, columns.map(({ shape, title, names, true: right }) => [shape, title, names, right]), Boolean(window.descentLabStill)])
  bench.decoded = spec.links.map((link) => Object.fromEntries(["weights", "gradients", "frozen"].map((kind) => [kind, link[kind]?.map(decode)])))
  if (bench.built !== built) {
    const shape = JSON.stringify(columns.map((column) => column.shape[0]))
    if (bench.shape && bench.shape !== shape) lost(bench)
    Object.assign(bench, { built, shape })
    buildNet(bench, columns, spec.links, wide)
  }
  const { tile, high } = bench.place
  const context = sized(bench.canvas, wide, high)
  const colors = table(spec.colors, false)
  for (const unit of bench.units) {
    const { bytes, shape: [, tall, broad], on } = columns[unit.at]
    context.globalAlpha = on && !on[unit.row] ? 0.25 : 1
    paint(context, bytes.subarray(unit.row * tall * broad, (unit.row + 1) * tall * broad), tall, broad, colors, [unit.left, unit.top, tile, tile])
  }
  showLinks(bench, bench.decoded.map(({ weights }) => largest(weights ? [weights[0]] : [])))
}

function showLinks(bench, most) {
  for (const { line, layer, unit, source } of bench.links) {
    if (!bench.decoded[layer].weights) {
      set(line, { class: "link passed", "stroke-width": 1.2 })
      continue
    }
    const [value, , frozen] = numbers(bench, { layer, unit, source })
    const share = Math.abs(value) / most[layer]
    set(line, {
      class: `link ${value < 0 ? "below" : "above"}${frozen === 1 ? " frozen" : ""}`,
      "stroke-width": +(0.4 + 5.6 * share).toFixed(2),
      "stroke-opacity": +(0.35 + 0.55 * share).toFixed(2),
    })
  }
}
