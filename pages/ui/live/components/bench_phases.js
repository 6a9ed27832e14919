// The parts of an update on the bench: the batch goes forward, its loss, the error comes back, the optimizer moves the
// weights. Each plays once when a visitor steps to it, and its end stays in sight; a run in motion shows none.

const PHASES = ["forward", "loss", "backward", "update"]
const LASTS = { forward: 900, loss: 450, backward: 1200, update: 900 } // ms of one operation; of a whole update half
const FAINT = 0.25 // of the weights below what comes back or moves

const nextTo = (before, phase) => before && phase.at > before.at && phase.at - before.at <= PHASES.length

// Which operations were done since the picture before: those that the visitor stepped through, otherwise none.
function followPhase(bench, phase, before, weights) {
  if (phase.at === before?.at) return
  const from = nextTo(before, phase) ? before.at : phase.at % PHASES.length ? phase.at - 1 : phase.at
  const queue = Array.from({ length: phase.at - from }, (_, place) => PHASES[(from + place) % PHASES.length])
  const still = CALM.matches || !nextTo(before, phase)
  bench.before = weights
  bench.pace = queue.length > 1 ? 0.5 : 1
  bench.motion = { queue: still ? [] : queue.slice(1), phase: (still ? queue.at(-1) : queue[0]) || "", share: +still }
  bench.began = null
  if (!still) bench.asked ??= requestAnimationFrame((time) => tickPhase(bench, time))
}

function tickPhase(bench, time) {
  bench.asked = null
  const { motion } = bench
  if (!bench.root.isConnected) return
  bench.began ??= time
  motion.share = clamp((time - bench.began) / (LASTS[motion.phase] * bench.pace))
  if (motion.share === 1 && motion.queue.length) {
    Object.assign(motion, { phase: motion.queue.shift(), share: 0 })
    bench.began = null
  }
  showPhase(bench)
  bench.moves = (bench.moves || 0) + 1
  if (motion.share < 1) bench.asked = requestAnimationFrame((next) => tickPhase(bench, next))
}

// How far the weights of each layer have moved since the picture before.
const movedBy = ({ decoded, before }) =>
  decoded.map(({ weights }, layer) => {
    const known = before?.[layer]?.weights
    return weights?.map((part, kind) => part.map((value, place) => value - (known?.[kind][place] ?? value)))
  })

function showPhase(bench) {
  const { motion: { phase, share }, columns, spec } = bench
  const last = columns.length - 1
  const back = phase === "backward" || (look.gradients && phase !== "update")
  const values = phase === "update" ? movedBy(bench) : back ? bench.decoded.map(({ gradients }) => gradients) : null
  const most = [0, 1].map((kind) => values && largest(values.map((each) => each?.[kind] || []))) // weights, biases
  const reached = (to) => (phase === "backward" ? clamp(share * last - (last - to)) : phase === "update" ? share : 1)
  for (const { line, flow, dot, layer, unit, source, bend } of bench.links) {
    const { to, weights } = spec.links[layer]
    if (!weights) continue
    line.style.opacity = values ? FAINT : 1
    const [W, b] = values?.[layer] || []
    const value = values ? W[unit * (W.length / b.length) + source] : 0
    set(flow, {
      class: `flow ${phase === "update" ? "moved" : "slope"}${value < 0 ? " negative" : ""}`,
      "stroke-width": +((8 * Math.abs(value)) / (most[0] || 1)).toFixed(2),
      "stroke-opacity": values ? +reached(to).toFixed(2) : 0,
    })
    const come = { forward: share * last - (to - 1), backward: share * last - (last - to) }[phase]
    const travels = come > 0 && come < 1
    const [cx, cy] = bend(travels ? (phase === "forward" ? come : 1 - come) : 0)
    set(dot, { class: `dot ${phase}`, cx, cy, "fill-opacity": +travels })
  }
  showFrames(bench, values, most[1], reached)
  const at = PHASES.indexOf(phase)
  bench.chips.forEach((chip, place) => set(chip, { "data-works": place === at }))
  set(bench.lossText, { text: at > 0 ? `loss ${short(spec.phase.loss, 3)}` : "" })
  say(bench)
}

// Frames by what each unit says of the batch, by δ while the error comes back, and otherwise by powers of ten of δ.
function showFrames(bench, values, most, reached) {
  const { motion: { phase, share }, columns, spec, units, decoded } = bench
  const deltas = spec.links.map((link) => (link.deltas ? decode(link.deltas) : []))
  const strengths = columns.map((column) => decode(column.strengths))
  const [farthest, loudest] = [largest(deltas), largest(strengths)]
  const last = columns.length - 1
  for (const { frame, bias, link, row, at } of units) {
    const strength = strengths[at][columns[at].place.indexOf(row)] // none of an input that is off
    const delta = bias ? deltas[link][row] / farthest : 0
    const width = (part) => +(0.6 + 4.4 * Math.abs(part)).toFixed(2)
    const looks = {
      forward: ["frame forward", share * last >= at ? width((strength || 0) / loudest) : 0.6],
      loss: [at === last ? "frame wrong" : "frame", at === last ? 4 * share : 0.6],
      backward: bias && share * last >= last - at ? ["frame back", width(delta)] : ["frame", 0.6],
    }
    const steady = ["frame", FRAMES[[0.01, 0.1, 0.5].filter((edge) => delta >= edge).length]]
    const [name, thick] = looks[phase] || (bias ? steady : ["frame", 0.6])
    set(frame, { class: name, "stroke-width": thick })
    if (!bias) continue
    const [value, , frozen] = numbers(bench, { layer: link, unit: row, source: null })
    const shown = values ? values[link][1][row] / most : value / largest([decoded[link].weights[1]])
    const hue = !values ? (value < 0 ? "below" : "above") : phase === "update" ? "moved" : "slope"
    set(bias, {
      class: `bias ${hue}${frozen === 1 ? " frozen" : ""}`,
      "fill-opacity": +(Math.abs(shown) * (values ? reached(spec.links[link].to) : 1)).toFixed(2),
    })
  }
}

// What the picture of a phase shows, in a sentence.
function phaseTold({ motion, spec: { phase: { samples, loss, rule } } }) {
  const many = `${samples} sample${samples === 1 ? " goes" : "s go"}`
  return {
    forward: `Forward: ${many} through. Thicker frames: units that answer more strongly.`,
    loss: `Loss: ${short(loss, 3)} for this batch. No weight has moved.`,
    backward: "Backpropagation: dL/dw on the links, δ on the frames; dashed: below 0. No weight has moved.",
    update: `${rule}: how far each weight has moved; dashed: down.`,
  }[motion.phase]
}
