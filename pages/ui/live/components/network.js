// A network drawn with the numbers of one moment: links by their weights, what comes back and what moves in two colours.

const [THINNEST, WIDEST] = [0.75, 9] // pixels of a link at 0 and at the largest number of its kind
const [FAINTEST, BRIGHTEST] = [0.08, 0.9] // opacity of a unit at 0 and at the largest activation
const DOT = { forward: 3.5, gradient: 5 } // radius of what travels along a link

const between = ([x1, y1, x2, y2], share) => ({ x: x1 + (x2 - x1) * share, y: y1 + (y2 - y1) * share })
const signed = (name, value) => (value < 0 ? `${name} negative` : name)
const stroke = (name, value, most, opacity) => ({
  class: signed(name, value),
  "stroke-width": THINNEST + (WIDEST - THINNEST) * (Math.abs(value) / most),
  ...(opacity === undefined ? {} : { "stroke-opacity": opacity }),
})

// Where units stand, in pixels: layers from left to right, the loss at the right end.
function places(motion, wide, high) {
  const rows = Math.max(...motion.layers.map((layer) => layer.length))
  const pitch = Math.min(112, (high - 24) / rows)
  const radius = Math.min(26, pitch * 0.34, wide / 20)
  const [left, right] = [radius + 10, wide < 500 ? 92 : motion.updates.length > 1 ? 190 : 120]
  const step = (wide - left - right) / (motion.layers.length - 1)
  const where = {}
  motion.layers.forEach((layer, at) =>
    layer.forEach((name, row) => {
      where[name] = [left + at * step, high / 2 + (row - (layer.length - 1) / 2) * pitch]
    }),
  )
  return { where, radius, pitch, bars: [wide - right + radius + 14, wide - 6] }
}

// What is known at a moment when a share of it is over: of each unit and link how far it has come, from 0 to 1.
function knownAt(motion, at, share) {
  const { update } = motion.moments[at]
  const known = { forward: [], gradient: [], changed: [], slopes: [], loss: 0 }
  motion.moments.slice(0, at + 1).forEach((moment, place) => {
    if (moment.update !== update) return
    const over = place < at ? 1 : share
    const come = (start) => clamp((over - start) / moment.span)
    const { phase } = moment
    if (phase === "loss") known.loss = over
    for (const [unit, start] of phase in DOT ? moment.units : [])
      known[phase][unit] = Math.max(known[phase][unit] || 0, come(start))
    const kind = { gradient: "slopes", update: "changed" }[phase]
    if (kind && moment.finds) for (const [link, start] of moment.links) known[kind][link] = come(start)
  })
  return known
}

// One drawing, made anew for another motion or another size; `show` brings it to a moment.
function makeDrawing(svg, motion, wide, high) {
  svg.replaceChildren()
  set(svg, { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high })
  const { where, radius, pitch, bars } = places(motion, wide, high)
  const names = motion.layers.flat()
  const one = (name) => /^1/.test(name)
  const all = (kind) => motion.updates.map((update) => update[kind])
  const most = {
    weight: largest([...all("before"), ...all("after")]),
    slope: largest(all("gradients")),
    delta: largest(all("deltas")),
    activation: largest(all("activations").map((each) => each.filter((_, unit) => !one(names[unit])))),
    loss: largest([all("loss")]),
  }
  const links = motion.links.map(([from, to]) => {
    const group = draw(svg, "g", "link", { "data-link": `${from}→${to}` })
    const [[x1, y1], [x2, y2]] = [where[from], where[to]]
    const title = draw(group, "title")
    const lines = ["grown", "weight", "shrunk", "slope"].map((name) => draw(group, "line", name, { x1, y1, x2, y2 }))
    return { title, lines, ends: [x1, y1, x2, y2] }
  })
  const called = (name) => (radius > 7 ? name : "") // in a smaller circle a name would cover its neighbours
  const dots = motion.links.map(() => draw(svg, "circle", "dot"))
  const units = names.map((name) => {
    const [looks, transform] = [one(name) ? "unit one" : "unit", `translate(${where[name]})`]
    const group = draw(svg, "g", looks, { "data-unit": name, transform })
    const r = one(name) ? radius * 0.55 : radius
    const parts = { called: name }
    for (const kind of one(name) ? ["paper"] : ["delta", "paper", "activation"])
      parts[kind] = draw(group, "circle", kind, { r: kind === "delta" ? r + 5 : r })
    parts.value = draw(group, "text", "value", { dy: "0.36em", text: called(one(name) ? "1" : name) })
    parts.name = draw(group, "text", "name", { x: -0.75 * r, y: -0.85 * r, "text-anchor": "end" })
    const aside = 0.75 * r + 8 // clear of the ring of δ, and of the gauge beside the outputs
    const ends = { x: aside, y: 2 - aside, "text-anchor": "start" }
    if (motion.layers.at(-1).includes(name)) Object.assign(ends, { x: -aside, y: aside + 6, "text-anchor": "end" })
    parts.back = draw(group, "text", "back", ends)
    return parts
  })
  const labels = motion.links.map(() => draw(svg, "text", "number"))
  const gauge = makeGauge(svg, motion, most, bars, high)

  const showUnits = (now, known, moment, fade) =>
    units.forEach((unit, place) => {
      if (one(unit.called)) return
      const come = known.forward[place] || 0
      const value = now.activations[place]
      const light = FAINTEST + (BRIGHTEST - FAINTEST) * clamp(Math.abs(value) / most.activation)
      set(unit.activation, { "fill-opacity": come * light, "stroke-opacity": come, class: signed("activation", value) })
      set(unit.value, { text: come > 0.6 && radius > 12 ? short(value, radius > 17 ? 3 : 2) : called(unit.called) })
      set(unit.name, { text: come > 0.6 && pitch > 50 ? unit.called : "" })
      const back = known.gradient[place] || 0
      const delta = now.deltas[place] ?? 0
      set(unit.delta, stroke("delta", delta, most.delta, back * fade))
      set(unit.back, { text: back > 0.6 && pitch > 62 ? `δ ${short(delta)}` : "", "fill-opacity": fade })
      set(unit.paper, { class: moment.focus.has(place) ? "paper focus" : "paper" })
    })

  const showLinks = (now, known, moment, fade) =>
    links.forEach(({ title, lines }, place) => {
      const [grown, weight, shrunk, slope] = lines
      const [before, after] = [now.before[place], now.after[place]]
      const changed = known.changed[place] || 0
      const reached = before + (after - before) * changed
      const grows = Math.abs(reached) > Math.abs(before)
      set(weight, stroke("weight", before, most.weight))
      set(grown, stroke("grown", reached, most.weight, +(changed > 0 && grows)))
      set(shrunk, stroke("shrunk", reached, most.weight, +(changed > 0 && !grows)))
      const found = known.slopes[place] || 0
      const value = now.gradients[place] ?? 0
      set(slope, stroke("slope", value, most.slope, found * fade))
      const told = [`${motion.links[place].join(" → ").replace(/^1. → /, "bias of ")}: w = ${short(before)}`]
      if (found === 1) told.push(`dL/dw = ${short(value)}`)
      if (changed === 1) told.push(`new w = ${short(after)}`)
      set(title, { text: told.join(", ") })
    })

  // The numbers of the links that a formula is about, where a moment is about a few of them.
  const showNumbers = (now, moment) => {
    const used = new Set(moment.focus.size ? moment.links.map(([link]) => link) : [])
    labels.forEach((label, place) => {
      set(links[place].lines[1], { "stroke-opacity": used.has(place) ? 0.6 : 0.22 })
      if (!used.has(place)) return set(label, { text: "" })
      const [before, after, slope] = [now.before[place], now.after[place], now.gradients[place]].map((x) => short(x, 3))
      const told = moment.phase === "update" ? `${before} → ${after}` : moment.finds ? `dL/dw ${slope}` : before
      const along = moment.toward < 0 && !moment.finds ? 0.62 : 0.38 // where lines are apart
      set(label, { ...between(links[place].ends, along), dy: 4, text: told })
    })
  }

  // What travels: forward in the neutral colour, back or along each link in turn in that of backpropagation.
  const showDots = (now, moment, share) => {
    const starts = new Map(moment.phase in DOT && moment.toward ? moment.links : [])
    dots.forEach((dot, place) => {
      const come = starts.has(place) ? (share - starts.get(place)) / moment.span : 0
      if (come <= 0 || come >= 1) return set(dot, { "fill-opacity": 0 })
      const { x, y } = between(links[place].ends, moment.toward > 0 ? come : 1 - come)
      const size = moment.phase === "gradient" ? 0.4 + 0.6 * (Math.abs(now.gradients[place]) / most.slope) : 1
      set(dot, { class: `dot ${moment.phase}`, cx: x, cy: y, r: DOT[moment.phase] * size, "fill-opacity": 1 })
    })
  }

  return (at, share, dotsToo) => {
    const moment = motion.moments[at]
    const now = motion.updates[moment.update]
    const known = knownAt(motion, at, share)
    const fade = 1 - 0.8 * clamp(Math.max(0, ...known.changed.filter(Boolean)) * 3)
    showUnits(now, known, moment, fade)
    showLinks(now, known, moment, fade)
    showNumbers(now, moment)
    showDots(now, moment, dotsToo ?? share)
    gauge(moment, known)
  }
}

// The loss of every update so far, as bars beside the output, and the target.
function makeGauge(svg, motion, most, [from, to], high) {
  const losses = motion.updates.map(({ loss }) => loss)
  const [top, bottom] = [high * 0.26, high * 0.74]
  const step = (to - from) / losses.length
  draw(svg, "text", "told", { x: from, y: top - 44, text: motion.target && `target ${motion.target}` })
  const told = draw(svg, "text", "told loss-told", { x: from, y: top - 24 })
  draw(svg, "line", "floor", { x1: from, y1: bottom, x2: to, y2: bottom })
  const bars = losses.map((loss, place) => {
    const height = Math.max(1, ((bottom - top) * loss) / most.loss)
    return draw(svg, "rect", "bar", { x: from + place * step, width: Math.min(26, step * 0.75), y: bottom - height, height })
  })
  const text = losses.length === 1 ? "loss" : to - from < 90 ? "losses" : "loss by update"
  draw(svg, "text", "told small", { x: from, y: bottom + 16, text })
  return (moment, known) => {
    bars.forEach((bar, place) => set(bar, { "fill-opacity": [0.45, known.loss, 0][1 + Math.sign(place - moment.update)] }))
    set(told, { text: known.loss > 0.3 ? `loss ${short(losses[moment.update])}` : "" })
  }
}
