// The bench: data sets, network and answer side by side, with everything on it to be switched, pointed at and changed.
// A board hands it what Python sends with every picture; what the visitor does goes to Python by `descentLabAct`.

const look = { gradients: false, test: false, steps: false } // what the visitor chose to see, on all benches of the page
const WIDE = 470 // pixels from which on the answer stands beside the network

// Whether the visitor may change this setting on the drawing: not on that of a pinned run, nor what a class link fixes.
const mayChange = ({ acts, spec }, name) =>
  acts && !window.descentLabStill?.fixed.includes(name) && !(name === "hidden" && spec.settings.layers)

const act = (kind, value) => window.descentLabAct?.(kind, value)

// The data sets as small pictures.
function showSets(bench) {
  const { sets, fixed } = window.descentLabStill ?? { sets: [], fixed: [] }
  bench.sets.hidden = fixed.includes("dataset")
  if (!bench.sets.children.length)
    for (const { name, label, x, y, shares, colors, steps } of sets) {
      const button = makeAct(bench.sets, "set", `Learn ${label}`, () => act("dataset", name))
      button.dataset.name = name
      const context = sized(tag(button, "canvas"), 44, 44)
      samples(context, { x: decode(x), y: decode(y), shares: decode(shares) }, table(colors, steps), 44, 1.6)
      tag(button, "span", "", { textContent: label })
    }
  for (const button of bench.sets.children) button.ariaPressed = button.dataset.name === bench.spec.settings.dataset
}

// Where the run stands.
function showTold(bench) {
  const { epoch, numbers, over } = bench.spec.told
  const short = (value) => (value === 0 || Math.abs(value) >= 1e-4 ? String(+value.toPrecision(3)) : value.toExponential(1))
  const parts = Object.entries(numbers).map(([name, value]) => `${name} ${short(value)}`)
  set(bench.told, { text: [`Epoch ${+epoch.toPrecision(4)}`, ...parts].join(" · ") })
  bench["go-on"].hidden = !(over && bench.acts)
}

// Look at a unit: its map large, and all its weights to read, edit and freeze; `source` is the one to begin with.
function hold(bench, unit, source = null) {
  Object.assign(bench, { held: unit, source, filled: "", note: "" })
  const layer = unit && bench.columns[unit.at].layer
  if (bench.acts) act("hold", layer === null ? null : { layer, unit: unit.row })
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

// What is said below the network: the numbers of the link or the bias that is pointed at, else what the picture shows.
function say(bench) {
  const { pointed, columns, decoded, spec } = bench
  const [value, gradient, frozen] = pointed && decoded[pointed.layer]?.weights ? numbers(bench, pointed) : []
  let text = bench.note || phaseTold(bench) || "Point at a unit, a link or a bias; click one to see and change its weights."
  if (value !== undefined) {
    const { to } = spec.links[pointed.layer]
    const name = nameOf(columns, to, pointed.unit)
    const from = columns[to - 1].place[pointed.source]
    const called = pointed.source === null ? `Bias of ${name}: bias` : `${nameOf(columns, to - 1, from)} → ${name}: weight`
    text = `${called} ${short(value, 4)}, gradient ${short(gradient, 3)}${frozen === 1 ? ", frozen" : ""}`
  }
  set(bench.said, { text })
}

// The form of the unit that is looked at, in place of the legend: its weights one by one, drawn or not.
function listenToForm(bench) {
  const { edit, which, from, value } = bench
  const sent = () => ({ layer: bench.spec.held.layer, unit: bench.spec.held.unit, source: bench.source })
  bench.close.onclick = () => hold(bench, null)
  bench.frozen.onchange = () => act("freeze", { ...sent(), on: bench.frozen.checked })
  bench.freeze.onclick = () => act("freeze_layer", { ...sent(), on: true })
  bench.unfreeze.onclick = () => act("freeze_layer", { ...sent(), on: false })
  which.onchange = () => hold(bench, { at: bench.held.at, row: which.value - 1 })
  which.onkeydown = (event) => {
    if (event.key !== "Enter") return
    event.preventDefault() // another unit, and no new value
    which.blur()
  }
  from.onchange = () => {
    Object.assign(bench, { source: from.value === "" ? null : +from.value, filled: "" })
    showForm(bench)
  }
  edit.onsubmit = (event) => {
    event.preventDefault()
    act("weight", { ...sent(), value: decimal(value.value) })
    bench.filled = ""
  }
  edit.onkeydown = ({ key }) => {
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
  const { spec: { held }, columns, edit } = bench
  const column = bench.held && columns[bench.held.at]
  const known = Boolean(bench.acts && held && column?.layer === held.layer && bench.held.row === held.unit)
  edit.hidden = !known
  bench.legend.hidden = bench.switches.hidden = known
  if (!known) return
  const listed = JSON.stringify([held.layer, held.sources])
  if (bench.listed !== listed) {
    bench.listed = listed
    bench.from.replaceChildren(new Option("bias", ""), ...sourcesOf(held).map((name, place) => new Option(name, place)))
    bench.which.max = held.units
  }
  const [weights, gradients, frozen] = ["weights", "gradients", "frozen"].map((kind) => decode(held[kind]))
  const at = bench.source ?? weights.length - 1
  set(bench.whose, { text: `of ${held.units}, ${bench.held.at === columns.length - 1 ? "outputs" : `layer ${held.layer + 1}`}` })
  bench.frozen.checked = frozen[at] === 1
  set(bench.now, { text: `now ${short(weights[at], 4)}, gradient ${short(gradients[at], 3)}` })
  const filled = `${held.layer} ${held.unit} ${at}`
  if (bench.filled === filled) return
  if (!bench.filled) edit.scrollIntoView({ block: "nearest" })
  bench.filled = filled
  bench.which.value = held.unit + 1
  bench.from.value = bench.source ?? ""
  bench.value.value = +weights[at].toPrecision(6)
}

// A unit or a link that was looked at is not there any more: say so, and show the answer again.
function lost(bench) {
  const gone = ({ at, row }) => !bench.columns[at] || row >= bench.columns[at].units || at === bench.columns.length - 1
  if (bench.held && gone(bench.held))
    Object.assign(bench, { held: null, note: "The unit that you looked at is gone: this is the whole network's prediction again." })
  Object.assign(bench, { hovered: null, pointed: null })
}

// The network's answer over the plane, or the map of the unit that is pointed at.
function showAnswer(bench) {
  const { spec, columns } = bench
  const { answer } = spec
  const size = Math.floor(bench.answer.clientWidth)
  if (!size) return
  const context = sized(bench.plane, size, size)
  const colors = table(answer.colors, answer.steps)
  const unit = bench.hovered || bench.held
  set(bench.title, { text: unit ? `${nameOf(columns, unit.at, unit.row)}: what it computes` : "What the network predicts" })
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
  Object.assign(context, { strokeStyle: ink, lineWidth: 2.5 })
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
  const chip = (color, text, shape) => {
    const item = tag(bench.legend, "span")
    tag(item, "i", shape).style.background = color
    item.append(text)
  }
  classes.forEach((name, place) => {
    const color = steps ? colors[place % colors.length] : colors.at(place ? -1 : 0)
    chip(color, /^[0-9]+$/.test(name) ? `class ${name}` : name, "")
  })
  if (!classes.length) chip(`linear-gradient(90deg, ${colors})`, `${short(range[0])} to ${short(range[1])}`, "bar")
  if (samples.train.right) tag(bench.legend, "span", "", { textContent: "white: right, black: wrong" })
  if (look.test) tag(bench.legend, "span", "", { textContent: "squares: test samples" })
  tag(bench.legend, "small", "", { textContent: `→ ${axes[0]}, ↑ ${axes[1]}` })
}

function makeBench(chart) {
  const root = tag(chart, "div", "descent-lab-bench")
  const bench = { root, ...build(root, MARKUP), ink: () => getComputedStyle(root).color }
  bench.chips = [...bench.phases.children]
  bench.less.onclick = () => act("depth", -1)
  bench.more.onclick = () => act("depth", 1)
  bench["go-on"].onclick = () => act("go_on", true)
  for (const name of Object.keys(look))
    bench[name].onchange = () => {
      look[name] = bench[name].checked
      for (const each of document.querySelectorAll(".descent-lab-chart")) each.bench?.show()
    }
  listenToForm(bench)
  bench.show = () => {
    root.classList.toggle("wide", root.clientWidth >= WIDE)
    showNet(bench)
    showAnswer(bench)
    showForm(bench)
    showPhase(bench)
  }
  new ResizeObserver(() => bench.spec && bench.show()).observe(root)
  return bench
}

function drawBench(chart, spec) {
  const bench = (chart.bench ||= makeBench(chart))
  followPhase(bench, spec.phase, bench.spec?.phase, bench.decoded)
  Object.assign(bench, { spec, acts: spec.acts })
  bench.columns = columnsOf(bench)
  const { root, depth, chips, layers } = bench
  root.style.setProperty("--below", spec.colors[0])
  root.style.setProperty("--above", spec.colors.at(-1))
  const deep = spec.settings.hidden.length
  set(layers, { text: `${deep} hidden layer${deep === 1 ? "" : "s"}` })
  depth.classList.toggle("fixed", !mayChange(bench, "hidden"))
  chips.forEach((chip, place) => set(chip, { text: ["Forward", "Loss", "Backpropagation", spec.phase.rule][place] }))
  if (spec.acts) showSets(bench)
  showTold(bench)
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
