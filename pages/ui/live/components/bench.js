// The bench: data sets, network and answer side by side, with everything on it to be switched, pointed at and changed.
// A board hands it what Python sends with every picture; what the visitor does goes to Python by `descentLabAct`.

const look = { links: "weights", test: false, steps: false } // what the visitor chose to see, on all benches of the page
const WIDE = 470 // pixels from which on the answer stands beside the network

const html = (parent, name, className, text) => {
  const element = make(parent, name, className, false)
  if (text) element.textContent = text
  return element
}

function makeAct(parent, className, text, label, act) {
  const button = html(parent, "button", className, text)
  button.type = "button"
  button.setAttribute("aria-label", label)
  button.onclick = act
  return button
}

// Whether the visitor may change this setting on the drawing: not on that of a pinned run, nor what a class link fixes.
const mayChange = ({ acts, spec }, name) =>
  acts && !window.descentLabStill?.fixed.includes(name) && !(name === "hidden" && spec.settings.layers)

const act = (kind, value) => window.descentLabAct?.(kind, value)

// The data sets as small pictures.
function showSets(bench, spec) {
  const { sets, fixed } = window.descentLabStill ?? { sets: [], fixed: [] }
  bench.sets.hidden = fixed.includes("dataset")
  if (!bench.sets.children.length)
    for (const { name, label, x, y, shares, colors, steps } of sets) {
      const button = makeAct(bench.sets, "set", "", `Learn ${label}`, () => act("dataset", name))
      button.dataset.name = name
      const canvas = html(button, "canvas")
      html(button, "span", "", label)
      samples(sized(canvas, 44, 44), { x: decode(x), y: decode(y), shares: decode(shares) }, table(colors, steps), 44, 1.6)
    }
  for (const button of bench.sets.children) set(button, { "aria-pressed": button.dataset.name === spec.settings.dataset })
}

// Where the run stands.
function showTold(bench, { told }) {
  const short = (value) => (value === 0 || Math.abs(value) >= 1e-4 ? String(+value.toPrecision(3)) : value.toExponential(1))
  const parts = [`Epoch ${+told.epoch.toPrecision(4)}`, ...Object.entries(told.numbers).map(([name, value]) => `${name} ${short(value)}`)]
  set(bench.told, { text: parts.join(" · ") })
  bench.more.hidden = !(told.over && bench.acts)
}

function hover(bench, unit) {
  bench.hovered = unit
  showAnswer(bench)
}

// Look at a unit: its map large, and all its weights to read, edit and freeze; `source` is the one to begin with.
function hold(bench, unit, source = null) {
  Object.assign(bench, { held: unit, source, filled: "", note: "" })
  if (bench.acts) act("hold", unit && bench.columns[unit.at].layer !== null ? { layer: bench.columns[unit.at].layer, unit: unit.row } : null)
  showAnswer(bench)
}

// The number of a link or a bias: [value, gradient, frozen].
function numbers(bench, { layer, unit, source }) {
  const link = bench.decoded[layer]
  return ["weights", "gradients", "frozen"].map((kind) => {
    const [W, b] = link[kind]
    return source === null ? b[unit] : W[unit * (W.length / b.length) + source]
  })
}

function called(bench, { layer, unit, source }) {
  const { to } = bench.spec.links[layer]
  const name = nameOf(bench.columns, to, unit)
  return source === null ? `Bias of ${name}` : `${nameOf(bench.columns, to - 1, bench.columns[to - 1].place[source])} → ${name}`
}

// The form of the unit that is looked at, in place of the legend: its weights one by one, drawn or not.
function makeForm(bench) {
  const form = (bench.form = html(bench.right, "form", "edit"))
  form.hidden = true
  const label = (text, name, type) => {
    const around = html(form, "label", "", text)
    const field = html(around, name)
    if (type) field.type = type
    return field
  }
  bench.unit = label("Unit", "input", "number")
  bench.unit.min = 1
  bench.whose = html(form, "span")
  makeAct(form, "close", "×", "Close", () => hold(bench, null))
  bench.from = label("Weight from", "select")
  bench.field = html(form, "input", "value")
  bench.field.setAttribute("aria-label", "New value")
  bench.field.inputMode = "decimal"
  html(form, "button", "", "Set")
  bench.freeze = label("Frozen", "input", "checkbox")
  const sent = () => ({ layer: bench.spec.held.layer, unit: bench.spec.held.unit, source: bench.source })
  for (const on of [true, false]) {
    const text = on ? "Freeze layer" : "Unfreeze layer"
    makeAct(form, "all", text, text, () => act("freeze_layer", { ...sent(), on }))
  }
  bench.gradient = html(form, "small")
  bench.unit.onkeydown = (event) => {
    if (event.key !== "Enter") return
    event.preventDefault() // another unit, and no new value
    bench.unit.blur()
  }
  bench.unit.onchange = () => hold(bench, { at: bench.held.at, row: bench.unit.value - 1 })
  bench.from.onchange = () => {
    bench.source = bench.from.value === "" ? null : +bench.from.value
    bench.filled = ""
    showForm(bench)
  }
  form.onsubmit = (event) => {
    event.preventDefault()
    act("weight", { ...sent(), value: bench.field.value.trim().replace("−", "-").replace(",", ".") })
    bench.filled = ""
  }
  bench.freeze.onchange = () => act("freeze", { ...sent(), on: bench.freeze.checked })
  form.onkeydown = ({ key }) => {
    if (key === "Escape") hold(bench, null)
  }
}

// The names of a unit's sources; those of a window, or of a picture, are its places.
function sourcesOf({ sources }) {
  if (typeof sources[0] !== "number") return sources
  const [channels, high, wide] = sources
  return Array.from({ length: channels * high * wide }, (_, at) => {
    const [channel, row, column] = [Math.floor(at / (high * wide)), Math.floor(at / wide) % high, at % wide]
    return `channel ${channel + 1}, row ${row + 1}, column ${column + 1}`
  })
}

function showForm(bench) {
  const { spec: { held }, columns, form } = bench
  const column = bench.held && columns[bench.held.at]
  const known = bench.acts && held && column?.layer === held.layer && bench.held.row === held.unit
  form.hidden = !known
  bench.legend.hidden = bench.switches.hidden = Boolean(known)
  if (!known) return
  const listed = JSON.stringify([held.layer, held.sources])
  if (bench.listed !== listed) {
    bench.listed = listed
    bench.from.replaceChildren()
    const offer = (value, text) => Object.assign(html(bench.from, "option", "", text), { value })
    offer("", "bias")
    sourcesOf(held).forEach((name, place) => offer(String(place), name))
    bench.unit.max = held.units
  }
  const [weights, gradients, frozen] = ["weights", "gradients", "frozen"].map((kind) => decode(held[kind]))
  const at = bench.source ?? weights.length - 1
  set(bench.whose, { text: `of ${held.units}, ${bench.held.at === columns.length - 1 ? "outputs" : `layer ${held.layer + 1}`}` })
  bench.freeze.checked = frozen[at] === 1
  set(bench.gradient, { text: `now ${short(weights[at], 4)}, gradient ${short(gradients[at], 3)}` })
  const filled = `${held.layer} ${held.unit} ${at}`
  if (bench.filled === filled) return
  if (!bench.filled) form.scrollIntoView({ block: "nearest" })
  bench.filled = filled
  bench.unit.value = held.unit + 1
  bench.from.value = bench.source === null ? "" : String(bench.source)
  bench.field.value = String(+weights[at].toPrecision(6))
}

// A unit or a link that was looked at is not there any more: say so, and show the answer again.
function lost(bench) {
  const gone = ({ at, row }) => !bench.columns[at] || row >= bench.columns[at].units || at === bench.columns.length - 1
  if (bench.held && gone(bench.held)) {
    bench.note = "The unit that you looked at is gone: this is the whole network's prediction again."
    bench.held = null
  }
  Object.assign(bench, { hovered: null, pointed: null })
}

// The network's answer over the plane, or the map of the unit that is pointed at.
function showAnswer(bench) {
  const { spec, columns } = bench
  const { answer } = spec
  const size = Math.floor(bench.right.clientWidth)
  if (!size) return
  const context = sized(bench.plane, size, size)
  const unit = bench.hovered || bench.held
  const colors = table(answer.colors, answer.steps)
  const named = unit && `${nameOf(columns, unit.at, unit.row)}: what it computes`
  set(bench.title, { text: named || (unit ? "" : "What the network predicts") })
  if (unit && columns[unit.at]) {
    const { bytes, layer, shape: [drawn, tall, broad] } = columns[unit.at]
    const own = spec.held && layer === spec.held.layer && unit.row === spec.held.unit ? decode(spec.held.map) : []
    const map = unit.row < drawn ? bytes.subarray(unit.row * tall * broad, (unit.row + 1) * tall * broad) : own
    if (map.length) paint(context, map, tall, broad, table(spec.colors, false), [0, 0, size, size], tall > 1)
  } else if (answer.line) drawLine(context, decode(answer.picture), size, bench.ink())
  else {
    const bytes = decode(answer.picture)
    const side = Math.sqrt(bytes.length)
    const sharp = look.steps && !answer.steps ? bytes.map((value) => (value < 128 ? 0 : 255)) : bytes
    context.globalAlpha = 0.75
    paint(context, sharp, side, side, colors, [0, 0, size, size], !look.steps && !answer.steps)
    context.globalAlpha = 1
  }
  const part = (name) => Object.fromEntries(Object.entries(answer.samples[name]).map(([kind, values]) => [kind, decode(values)]))
  if (!spec.columns[0].title.startsWith("picture") || !unit) {
    samples(context, part("train"), colors, size, size > 200 ? 3.2 : 2.2)
    if (look.test) samples(context, part("test"), colors, size, size > 200 ? 2.8 : 2.2, true)
  }
  showLegend(bench)
}

function drawLine(context, bytes, size, ink) {
  context.strokeStyle = ink
  context.lineWidth = 2.5
  context.beginPath()
  bytes.forEach((value, place) => context.lineTo((place / (bytes.length - 1)) * size, (1 - value / 255) * size))
  context.stroke()
}

function showLegend(bench) {
  const { colors, classes, steps, range, axes, samples, line } = bench.spec.answer
  const known = JSON.stringify([colors, classes, range, axes, look.test])
  bench.discrete.hidden = steps || line
  if (bench.known === known) return
  bench.known = known
  bench.legend.replaceChildren()
  const chip = (color, text, round) => {
    const item = html(bench.legend, "span")
    html(item, "i", round ? "" : "bar").style.background = color
    item.append(text)
  }
  if (classes.length) classes.forEach((name, place) => chip(steps ? colors[place % colors.length] : colors.at(place ? -1 : 0), /^[0-9]+$/.test(name) ? `class ${name}` : name, true))
  else chip(`linear-gradient(90deg, ${colors})`, `${short(range[0])} to ${short(range[1])}`, false)
  if (samples.train.right) html(bench.legend, "span", "", "white: right, black: wrong")
  if (look.test) html(bench.legend, "span", "", "squares: test samples")
  html(bench.legend, "small", "", `→ ${axes[0]}, ↑ ${axes[1]}`)
}

function makeSwitch(parent, text, act) {
  const label = html(parent, "label")
  const box = html(label, "input")
  box.type = "checkbox"
  box.onchange = () => act(box.checked)
  label.append(text)
  return label
}

function makeBench(chart) {
  const root = html(chart, "div", "descent-lab-bench")
  const bench = { root, sets: html(root, "div", "sets"), head: html(root, "div", "told-row") }
  bench.told = html(bench.head, "p", "told")
  const phases = html(bench.head, "div", "phases")
  bench.chips = PHASES.map((name) => html(phases, "span", `descent-lab-actor ${name}`))
  bench.more = makeAct(bench.head, "go-on", "Go on without an end", "Go on without an end", () => act("go_on", true))
  const body = html(root, "div", "body")
  const left = html(body, "div", "left")
  bench.depth = html(left, "div", "depth")
  makeAct(bench.depth, "less", "−", "One hidden layer less", () => act("depth", -1))
  html(bench.depth, "b")
  makeAct(bench.depth, "more", "+", "One hidden layer more", () => act("depth", 1))
  makeSwitch(bench.depth, "Gradients on the links", (on) => bench.all(() => (look.links = on ? "gradients" : "weights")))
  bench.net = html(left, "div", "net")
  bench.canvas = html(bench.net, "canvas")
  bench.svg = make(bench.net, "svg")
  bench.over = html(bench.net, "div", "over")
  bench.said = html(left, "p", "said")
  bench.said.setAttribute("aria-live", "polite")
  bench.right = html(body, "div", "answer")
  bench.title = html(bench.right, "h6")
  bench.plane = html(bench.right, "canvas")
  bench.legend = html(bench.right, "div", "legend")
  const switches = (bench.switches = html(bench.right, "div", "switches"))
  makeForm(bench)
  makeSwitch(switches, "Test samples", (on) => bench.all(() => (look.test = on)))
  bench.discrete = makeSwitch(switches, "Discretize", (on) => bench.all(() => (look.steps = on)))
  bench.ink = () => getComputedStyle(root).color
  bench.say = () => {
    const numbersOf = (each) => {
      const [value, gradient, frozen] = numbers(bench, each)
      return `${called(bench, each)}: ${each.source === null ? "bias" : "weight"} ${short(value, 4)}, gradient ${short(gradient, 3)}${frozen === 1 ? ", frozen" : ""}`
    }
    const there = (each) => each && bench.decoded[each.layer]?.weights && numbers(bench, each)[0] !== undefined
    set(bench.said, { text: there(bench.pointed) ? numbersOf(bench.pointed) : bench.note || phaseTold(bench) || "Point at a unit, a link or a bias; click one to see and change its weights." })
  }
  bench.show = () => {
    root.classList.toggle("wide", root.clientWidth >= WIDE)
    showNet(bench)
    showAnswer(bench)
    showForm(bench)
    showPhase(bench)
  }
  bench.all = (change) => {
    change()
    for (const each of document.querySelectorAll(".descent-lab-chart")) each.bench?.show()
  }
  new ResizeObserver(() => bench.spec && bench.show()).observe(root)
  return bench
}

function drawBench(chart, spec) {
  chart.bench ||= makeBench(chart)
  const bench = chart.bench
  bench.acts = spec.acts
  followPhase(bench, spec.phase, bench.spec?.phase, bench.decoded)
  spec.colors.forEach((color, place) => place !== 1 && bench.root.style.setProperty(place ? "--above" : "--below", color))
  Object.assign(bench, { spec, columns: columnsOf({ acts: spec.acts, spec }, spec) })
  bench.depth.classList.toggle("fixed", !mayChange(bench, "hidden"))
  bench.chips.forEach((chip, place) => set(chip, { text: ["Forward", "Loss", "Backpropagation", spec.phase.rule][place] }))
  if (spec.acts) showSets(bench, spec)
  showTold(bench, spec)
  bench.show()
}

window.descentLabDraw = drawBench

const acts = makeActs()

// Streamlit calls this with what stays as it is while a run goes on, and it keeps the way back to Python.
export default function ({ data, setTriggerValue }) {
  window.descentLabStill = data
  acts.follow(data.done, setTriggerValue)
  window.descentLabAct = acts.add
  for (const chart of document.querySelectorAll(".descent-lab-chart")) if (chart.bench?.spec) drawBench(chart, chart.bench.spec)
}
