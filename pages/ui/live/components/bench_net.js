// The network of the bench: where its parts stand, and what they look like with the numbers of a moment.

const FRAMES = [0.6, 1.4, 2.4, 3.8] // pixels of a unit's frame, by powers of ten of its δ
const LETTERS = 9 // of a name beside a unit

// The text in so many letters; signs of several code units stay whole.
function cut(text, most) {
  const letters = [...text]
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text
}

// The columns as they are drawn: of the live bench the first has all inputs there are, on or off.
function columnsOf(bench) {
  const { spec } = bench
  const columns = spec.columns.map((column) => ({ ...column, bytes: decode(column.maps), shape: shape(column.maps) }))
  const { inputs } = (bench.acts && window.descentLabStill) || {}
  if (inputs?.length && spec.settings.inputs.length && mayChange(bench, "inputs")) {
    const [, high, wide] = shape(inputs[0].map)
    const bytes = Uint8Array.from(inputs.flatMap(({ map }) => [...decode(map)]))
    const on = inputs.map(({ name }) => spec.settings.inputs.includes(name))
    const names = inputs.map(({ label }) => label)
    Object.assign(columns[0], { bytes, shape: [inputs.length, high, wide], names, on, switches: inputs })
  }
  for (const column of columns) column.place = column.on ? column.on.flatMap((on, at) => (on ? [at] : [])) : [...Array(column.shape[0]).keys()]
  return columns
}

// Where units stand, in pixels: the middle of each tile, by column, with room for the names at both ends.
function geometry({ columns, root, tiles }, wide) {
  const rows = Math.max(...columns.map((column) => column.shape[0]))
  const pitch = Math.max(34, Math.min(62, 266 / rows))
  const pen = tiles.getContext("2d")
  pen.font = `11px ${getComputedStyle(root).fontFamily}`
  const [left, right] = [columns[0], columns.at(-1)].map(({ names }) => {
    const widths = names.map((name) => pen.measureText(cut(name, LETTERS)).width)
    return Math.max(45, Math.max(0, ...widths) + 5 + Math.min(25, pitch * 0.4))
  })
  const step = (wide - left - right) / (columns.length - 1)
  const high = Math.max(rows * pitch, 200) + 58
  const where = columns.map(({ shape: [units] }, at) =>
    Array.from({ length: units }, (_, row) => [left + at * step, 54 + (high - 58) / 2 + (row - (units - 1) / 2) * pitch]),
  )
  return { tile: Math.min(pitch * 0.8, step * 0.62, 50), high, where, step }
}

function nameOf(columns, column, row) {
  if (column === 0) return columns[0].names[row] ?? `input ${row + 1}`
  return column === columns.length - 1 ? `output ${row + 1}` : `unit ${row + 1} of layer ${column}`
}

function makeAct(parent, className, ariaLabel, onclick, textContent = "") {
  return tag(parent, "button", className, { type: "button", ariaLabel, onclick, textContent })
}

// Says the numbers of a link or a bias while it is pointed at, and opens the form of its unit at a click.
function point(bench, element, each, source) {
  const pointed = (at) => () => {
    bench.pointed = at
    say(bench)
  }
  const onclick = () => hold(bench, { at: bench.spec.links[each.layer].to, row: each.unit }, source)
  Object.assign(element, { onclick, onpointerenter: pointed(each), onpointerleave: pointed(null) })
}

// The parts of a network of this shape; their numbers come with every picture.
function buildNet(bench, wide) {
  const { columns, lines, over } = bench
  const { tile, high, where } = (bench.place = geometry(bench, wide))
  lines.replaceChildren()
  over.replaceChildren()
  set(lines, { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high })
  bench.links = bench.spec.links.flatMap(({ to, weights }, layer) => {
    const [sources, units] = [columns[to - 1].place, columns[to].place]
    const pairs = weights ? sources.flatMap((_, source) => units.map((_, unit) => [source, unit])) : units.map((unit) => [unit, unit])
    return pairs.map(([source, unit]) => {
      const ends = [where[to - 1][sources[source]], where[to][unit]]
      return buildLink(bench, { layer, unit, source }, ends)
    })
  })
  for (const { d, dot, ...each } of bench.links) {
    const { weights, each: many } = bench.spec.links[each.layer]
    if (weights) point(bench, draw(lines, "path", "hit", { d }), each, each.source * many)
  }
  for (const link of bench.links) link.dot = draw(lines, "circle", "dot", { r: 3.2, "fill-opacity": 0 })
  bench.units = columns.flatMap((_, at) => where[at].map((place, row) => buildUnit(bench, at, row, place)))
  columns.forEach((_, at) => buildHead(bench, at, where[at][0][0]))
  walkByArrows(over)
  const [x, y] = where.at(-1).at(-1)
  bench.lossText = draw(lines, "text", "head loss", { x, y: y + tile / 2 + 16 })
}

function buildLink({ lines, place: { tile } }, each, [[x1, y1], [x2, y2]]) {
  const [left, middle, right] = [x1 + tile / 2, (x1 + x2) / 2, x2 - tile / 2]
  const d = `M${left} ${y1}C${middle} ${y1} ${middle} ${y2} ${right} ${y2}`
  const key = `${each.layer},${each.unit},${each.source}`
  const line = draw(lines, "path", "link", { d, "data-link": key })
  const flow = draw(lines, "path", "flow", { d, "data-flow": key, "stroke-opacity": 0 })
  const bend = (t) => [
    left * (1 - t) ** 3 + 3 * middle * t * (1 - t) + right * t ** 3, // of the curve above
    y1 * (1 - t) ** 2 * (1 + 2 * t) + y2 * t ** 2 * (3 - 2 * t),
  ]
  return { ...each, line, flow, d, bend }
}

// The network is one stop for the Tab key; the arrow keys go from unit to unit.
function walkByArrows(over) {
  const units = [...over.querySelectorAll(".unit")]
  units[0].tabIndex = 0
  over.onkeydown = (event) => {
    const { at, row } = event.target
    const [right, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] || []
    if (at === undefined || right === undefined) return
    event.preventDefault()
    const there = units.filter((unit) => unit.at === at + right && (right || unit.row === row + down))
    there[down ? 0 : Math.min(row, there.length - 1)]?.focus()
  }
}

function buildUnit(bench, at, row, [x, y]) {
  const { columns, lines, over, place: { tile } } = bench
  const { names, on, switches, true: right } = columns[at]
  const [left, top] = [x - tile / 2, y - tile / 2]
  const [input, name] = [switches?.[row], names[row]]
  const button = makeAct(over, "unit", input ? `Input ${input.label}` : `Show ${nameOf(columns, at, row)} large`, () => {
    if (input) act("input", input.name)
    else hold(bench, bench.held?.at === at && bench.held.row === row ? null : { at, row })
  })
  if (input) button.ariaPressed = on[row]
  const seen = (unit) => {
    bench.hovered = unit
    showAnswer(bench)
  }
  Object.assign(button, { at, row, tabIndex: -1, onpointerleave: () => seen(null) })
  button.onpointerenter = ({ pointerType }) => pointerType === "mouse" && seen({ at, row })
  Object.assign(button.style, { left: `${left}px`, top: `${top}px`, width: `${tile}px`, height: `${tile}px` })
  const unit = { at, row, left, top }
  unit.frame = draw(lines, "rect", "frame", { x: left, y: top, width: tile, height: tile })
  if (name) {
    const end = at === columns.length - 1
    const beside = end ? { x: x + tile / 2 + 4, "text-anchor": "start" } : { x: left - 4, "text-anchor": "end" }
    draw(lines, "text", name === right ? "name true" : "name", { ...beside, y: y + 4, text: cut(name, LETTERS) })
  }
  const link = bench.spec.links.findIndex(({ to, weights }) => to === at && weights)
  if (link < 0) return unit
  const bias = draw(lines, "rect", "bias", { x: left - 5, y: top + tile - 5, width: 10, height: 10, "data-bias": `${link},${row}` })
  point(bench, bias, { layer: link, unit: row, source: null }, null)
  return { ...unit, bias, link }
}

// What a column is, and of a hidden layer how many units it has, with one more and one less.
function buildHead(bench, at, x) {
  const { columns, lines, over, place: { step } } = bench
  const { title, units, shape: [shown] } = columns[at]
  const text = `${units > shown ? `${shown} of ${units} ` : ""}${title}`
  draw(lines, "text", "head", { x, y: 14, text: cut(text, Math.max(6, Math.floor(step / 6.5))) })
  const { hidden } = bench.spec.settings
  if (!mayChange(bench, "hidden") || at === 0 || at > hidden.length) return
  const row = tag(over, "span", step < 80 ? "change tight" : "change")
  Object.assign(row.style, { left: `${x}px`, top: "20px" })
  const change = (by) => act("units", { layer: at, by })
  makeAct(row, "", `One unit less in layer ${at}`, () => change(-1), "−")
  const size = tag(row, "input", "", { value: hidden[at - 1], inputMode: "numeric", ariaLabel: `Units in layer ${at}` })
  size.onchange = () => change(+size.value - hidden[at - 1] || 0)
  makeAct(row, "", `One unit more in layer ${at}`, () => change(1), "+")
}

function showNet(bench) {
  const { spec, columns } = bench
  const wide = Math.floor(bench.net.clientWidth)
  if (!wide) return
  const drawn = columns.map(({ shape, title, names, true: right }) => [shape, title, names, right])
  const built = JSON.stringify([wide, spec.settings, drawn, Boolean(window.descentLabStill)])
  bench.decoded = spec.links.map((link) => Object.fromEntries(["weights", "gradients", "frozen"].map((kind) => [kind, link[kind]?.map(decode)])))
  if (bench.built !== built) {
    const shape = JSON.stringify(columns.map((column) => column.shape[0]))
    if (bench.shape && bench.shape !== shape) lost(bench)
    Object.assign(bench, { built, shape })
    buildNet(bench, wide)
  }
  const { tile, high } = bench.place
  const context = sized(bench.tiles, wide, high)
  const colors = table(spec.colors, false)
  for (const { at, row, left, top } of bench.units) {
    const { bytes, shape: [, tall, broad], on } = columns[at]
    context.globalAlpha = on && !on[row] ? 0.25 : 1
    paint(context, bytes.subarray(row * tall * broad, (row + 1) * tall * broad), tall, broad, colors, [left, top, tile, tile])
  }
  const most = bench.decoded.map(({ weights }) => largest(weights ? [weights[0]] : []))
  for (const { line, ...each } of bench.links) {
    const [value, , frozen] = bench.decoded[each.layer].weights ? numbers(bench, each) : []
    const share = Math.abs(value) / most[each.layer]
    if (value === undefined) set(line, { class: "link passed", "stroke-width": 1.2 })
    else
      set(line, {
        class: `link ${value < 0 ? "below" : "above"}${frozen === 1 ? " frozen" : ""}`,
        "stroke-width": +(0.4 + 5.6 * share).toFixed(2),
        "stroke-opacity": +(0.35 + 0.55 * share).toFixed(2),
      })
  }
}
