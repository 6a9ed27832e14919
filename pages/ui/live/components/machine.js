// A network at work: what goes forward, the error that comes back, and the optimizer's step. Python sends the numbers of
// every update once; the browser plays them, by itself or step by step.

const NS = "http://www.w3.org/2000/svg"
const [THINNEST, WIDEST] = [0.75, 9] // pixels of a link at 0 and at the largest number of its kind
const [FAINTEST, BRIGHTEST] = [0.08, 0.9] // opacity of a unit at 0 and at the largest activation
const LASTS = { forward: 1600, loss: 800, gradient: 2400, update: 2000 } // ms of a moment at pace 1
const HOLD = 0.25 // of a moment, for which its end stays in sight
const END = 2500 // ms before the motion begins again
const DOT = { forward: 3.5, gradient: 5 } // radius of what travels along a link
const STILL = matchMedia("(prefers-reduced-motion: reduce)")
const LARGEST_GUESS = 1e6

const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x))
const largest = (lists) => Math.max(1e-12, ...lists.flat().map(Math.abs))
const width = (value, most) => THINNEST + (WIDEST - THINNEST) * (Math.abs(value) / most)
const minus = (text) => text.replace("-", "−")
const short = (value) => minus(Math.abs(value) >= 99.5 ? value.toFixed(0) : String(+value.toPrecision(2)))

function make(parent, name, className, svg = true) {
  const element = svg ? document.createElementNS(NS, name) : document.createElement(name)
  if (className) element.setAttribute("class", className)
  parent.append(element)
  return element
}

// Sets what differs from the last time: most of a picture stays as it is.
function set(element, values) {
  element.known ||= {}
  for (const [name, value] of Object.entries(values)) {
    if (element.known[name] === value) continue
    element.known[name] = value
    if (name === "text") element.textContent = value
    else element.setAttribute(name, value)
  }
}

// Where units stand, in pixels: layers from left to right, the loss at the right end.
function places(motion, wide, high) {
  const rows = Math.max(...motion.layers.map((layer) => layer.length))
  const pitch = Math.min(84, (high - 24) / rows)
  const radius = Math.min(21, pitch * 0.36, wide / 20)
  const [left, right] = [radius + 10, wide < 500 ? 92 : 190]
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
    const group = make(svg, "g", "link")
    const [[x1, y1], [x2, y2]] = [where[from], where[to]]
    set(group, { "data-link": `${from}→${to}` })
    const title = make(group, "title")
    const lines = ["grown", "weight", "shrunk", "slope"].map((name) => make(group, "line", name))
    for (const line of lines) set(line, { x1, y1, x2, y2 })
    return { title, lines, ends: [x1, y1, x2, y2] }
  })
  const dots = motion.links.map(() => make(svg, "circle", "dot"))
  const units = names.map((name) => {
    const group = make(svg, "g", one(name) ? "unit one" : "unit")
    const [x, y] = where[name]
    const r = one(name) ? radius * 0.55 : radius
    set(group, { "data-unit": name, transform: `translate(${x} ${y})` })
    const parts = {}
    for (const kind of one(name) ? ["paper"] : ["delta", "paper", "activation"])
      set((parts[kind] = make(group, "circle", kind)), { r: kind === "delta" ? r + 5 : r })
    parts.value = make(group, "text", "value")
    parts.name = make(group, "text", "name")
    parts.back = make(group, "text", "back")
    set(parts.value, { dy: "0.36em", text: one(name) ? "1" : name, "font-size": Math.max(9, r * 0.62) })
    set(parts.name, { y: -r - 5 })
    set(parts.back, { y: r + 16 })
    return { ...parts, called: name }
  })
  const gauge = makeGauge(svg, motion, most, bars, high)

  const showUnits = (now, known, moment, fade) =>
    units.forEach((unit, place) => {
      if (one(unit.called)) return
      const come = known.forward[place] || 0
      const value = now.activations[place]
      const light = FAINTEST + (BRIGHTEST - FAINTEST) * clamp(Math.abs(value) / most.activation)
      set(unit.activation, { "fill-opacity": come * light, "stroke-opacity": come, class: value < 0 ? "activation negative" : "activation" })
      set(unit.value, { text: come > 0.6 && radius > 12 ? short(value) : unit.called })
      set(unit.name, { text: come > 0.6 && pitch > 50 ? unit.called : "" })
      const back = known.gradient[place] || 0
      const delta = now.deltas.length ? now.deltas[place] : 0
      set(unit.delta, {
        "stroke-width": width(delta, most.delta),
        "stroke-opacity": back * fade,
        class: delta < 0 ? "delta negative" : "delta",
      })
      set(unit.back, { text: back > 0.6 && pitch > 62 ? `δ ${short(delta)}` : "", "fill-opacity": fade })
      set(unit.paper, { class: moment.focus?.has(place) ? "paper focus" : "paper" })
    })

  const showLinks = (now, known, moment, fade) =>
    links.forEach(({ title, lines }, place) => {
      const [grown, weight, shrunk, slope] = lines
      const [before, after] = [now.before[place], now.after[place]]
      const changed = known.changed[place] || 0
      const reached = before + (after - before) * changed
      const grows = Math.abs(reached) > Math.abs(before)
      const sign = reached < 0 ? " negative" : ""
      set(weight, { "stroke-width": width(before, most.weight), class: before < 0 ? "weight negative" : "weight" })
      for (const [line, shown] of [[grown, grows], [shrunk, !grows]])
        set(line, {
          "stroke-width": width(reached, most.weight),
          "stroke-opacity": changed && shown ? 1 : 0,
          class: (line === grown ? "grown" : "shrunk") + sign,
        })
      const found = known.slopes[place] || 0
      const value = now.gradients.length ? now.gradients[place] : 0
      set(slope, {
        "stroke-width": width(value, most.slope),
        "stroke-opacity": found * fade,
        class: value < 0 ? "slope negative" : "slope",
      })
      const told = [`${motion.links[place].join(" → ").replace(/^1. → /, "bias of ")}: w = ${short(before)}`]
      if (found === 1) told.push(`dL/dw = ${short(value)}`)
      if (changed === 1) told.push(`new w = ${short(after)}`)
      set(title, { text: told.join(", ") })
    })

  // What travels: forward in the neutral colour, back or along each link in turn in that of backpropagation.
  const showDots = (now, moment, share) => {
    const starts = new Map(moment.phase in DOT && moment.toward ? moment.links : [])
    dots.forEach((dot, place) => {
      const come = starts.has(place) ? (share - starts.get(place)) / moment.span : 0
      if (come <= 0 || come >= 1) return set(dot, { "fill-opacity": 0 })
      const [x1, y1, x2, y2] = links[place].ends
      const along = moment.toward > 0 ? come : 1 - come
      const size = moment.phase === "gradient" ? 0.4 + 0.6 * (Math.abs(now.gradients[place]) / most.slope) : 1
      set(dot, {
        class: `dot ${moment.phase}`,
        cx: x1 + (x2 - x1) * along,
        cy: y1 + (y2 - y1) * along,
        r: DOT[moment.phase] * size,
        "fill-opacity": 1,
      })
    })
  }

  return (at, share, dotsToo) => {
    const moment = motion.moments[at]
    const now = motion.updates[moment.update]
    const known = knownAt(motion, at, share)
    const fade = 1 - 0.8 * clamp(Math.max(0, ...known.changed.filter(Boolean)) * 3)
    showUnits(now, known, moment, fade)
    showLinks(now, known, moment, fade)
    showDots(now, moment, dotsToo ?? share)
    gauge(moment, known)
  }
}

// The loss of every update so far, as bars beside the output, and the target.
function makeGauge(svg, motion, most, [from, to], high) {
  const losses = motion.updates.map(({ loss }) => loss)
  const [top, bottom] = [high * 0.26, high * 0.74]
  const step = (to - from) / losses.length
  const target = make(svg, "text", "told")
  set(target, { x: from, y: top - 44, text: motion.target && motion.target.length < 12 ? `target ${motion.target}` : "" })
  const told = make(svg, "text", "told loss-told")
  set(told, { x: from, y: top - 24 })
  set(make(svg, "line", "floor"), { x1: from, y1: bottom, x2: to, y2: bottom })
  const bars = losses.map((loss, place) => {
    const bar = make(svg, "rect", "bar")
    const size = Math.max(1, ((bottom - top) * loss) / most.loss)
    set(bar, { x: from + place * step, width: Math.min(26, step * 0.75), y: bottom - size, height: size, "data-loss": loss })
    return bar
  })
  set(make(svg, "text", "told small"), { x: from, y: bottom + 16, text: losses.length > 1 ? "loss by update" : "loss" })
  return (moment, known) => {
    bars.forEach((bar, place) => {
      const shown = place < moment.update ? 0.45 : place > moment.update ? 0 : known.loss
      set(bar, { "fill-opacity": shown })
    })
    set(told, { text: known.loss > 0.3 ? `loss ${short(losses[moment.update])}` : "" })
  }
}

// The two actors by name: the one at work is filled with its colour.
function makeActors(root) {
  const row = make(root, "div", "actors", false)
  const chips = ["source", "use"].map((half) => make(row, "span", half, false))
  const key = make(row, "small", "", false)
  return (motion, { phase }, changed) => {
    const working = { gradient: 0, update: 1 }[phase]
    const exchanged = changed ? "⇄ exchanged. " : ""
    set(key, { text: `${exchanged}Wider or darker: larger. Dashed: negative.` })
    const moves = motion.updates.some(({ before, after }) => String(before) !== String(after))
    const parts = root.closest(".beside") // where there is little room
      ? []
      : [motion.source.way && ": finds the gradient", moves && ": moves the weights"]
    ;[motion.source, motion.use].forEach(({ name }, place) => {
      const mark = changed === ["source", "use"][place] ? "⇄ " : ""
      const text = `${mark}${name[0].toUpperCase()}${name.slice(1)}${parts[place] || ""}`
      set(chips[place], { text, "data-works": working === place })
    })
  }
}

// The number that comes next, to be predicted before it is shown.
function makeGuess(root, player) {
  const form = make(root, "form", "guess", false)
  const label = make(form, "label", "", false)
  const asked = make(label, "span", "", false)
  const field = make(label, "input", "", false)
  field.inputMode = "decimal"
  const check = make(form, "button", "", false)
  check.textContent = "Check"
  const told = make(form, "p", "", false)
  told.setAttribute("role", "status")
  form.onsubmit = (event) => {
    event.preventDefault()
    const next = player.motion.moments[player.at + 1]
    const typed = field.value.trim().replace("−", "-").replace(",", ".")
    const guess = typed === "" ? NaN : Number(typed)
    if (Number.isNaN(guess)) return (told.textContent = "Type one number, such as 0.25.")
    if (Math.abs(guess) > LARGEST_GUESS) return (told.textContent = "Type a number from −1,000,000 to 1,000,000.")
    player.go(player.at + 1)
    told.textContent = judged(next.asks, guess)
    field.value = ""
  }
  return () => {
    const next = player.motion.moments[player.at + 1]
    form.hidden = !player.motion.moments.some(({ asks }) => asks)
    const open = Boolean(next?.asks)
    field.disabled = check.disabled = !open
    set(asked, { text: open ? `What will ${next.asks[0]} be?` : "Nothing left to predict." })
    told.textContent = ""
  }
}

function judged([name, value], guess) {
  const off = Math.abs(guess - value)
  const share = off / Math.max(Math.abs(value), 1e-12)
  const result = `You said ${minus(String(guess))}; ${name} is ${minus(String(+value.toPrecision(3)))}.`
  if (off <= 0.0051 * Math.max(Math.abs(value), 0.01)) return `${result} Right.`
  if (share < 1) return `${result} You are off by ${short(100 * share)} %.`
  return `${result} You are off by ${short(off)}${guess * value < 0 ? ", and the sign is the other one" : ""}.`
}

function makeButton(row, label, act) {
  const button = make(row, "button", "", false)
  button.type = "button"
  button.textContent = label
  button.onclick = act
  return button
}

function makeControls(root, player) {
  const row = make(root, "div", "controls", false)
  const back = makeButton(row, "Back", () => player.go(player.at - 1))
  const step = makeButton(row, "Step", () => player.go(player.at + 1))
  const play = makeButton(row, "Play", () => player.play(!player.playing))
  const pace = make(row, "select", "", false)
  pace.setAttribute("aria-label", "Pace")
  for (const [value, text] of [[0.5, "½ ×"], [1, "1 ×"], [2, "2 ×"], [4, "4 ×"]]) {
    const option = make(pace, "option", "", false)
    Object.assign(option, { value, textContent: text, selected: value === 1 })
  }
  pace.onchange = () => (player.pace = +pace.value)
  const label = make(row, "label", "place", false)
  const slider = make(label, "input", "", false)
  Object.assign(slider, { type: "range", min: 0 })
  slider.setAttribute("aria-label", "Place in the motion")
  slider.oninput = () => player.go(+slider.value)
  const place = make(label, "output", "", false)
  return () => {
    const { motion, at, simple } = player
    const last = motion.moments.length - 1
    back.hidden = label.hidden = simple
    step.hidden = simple && !STILL.matches
    play.hidden = STILL.matches
    pace.hidden = simple || STILL.matches
    back.disabled = at === 0
    step.disabled = at === last && !simple
    set(play, { text: player.playing ? "Pause" : "Play" })
    Object.assign(slider, { max: last, value: at })
    set(place, { text: `${at + 1} of ${last + 1}` })
  }
}

// Words and formula of the moment; read aloud when the visitor steps, not while it plays by itself.
function makeWords(root, player) {
  const said = make(root, "p", "said", false)
  const parts = make(root, "dl", "parts", false)
  return () => {
    const moment = player.motion.moments[player.at]
    said.setAttribute("aria-live", player.playing ? "off" : "polite")
    set(said, { text: moment.text })
    parts.hidden = !moment.parts.length
    parts.replaceChildren()
    for (const [name, value] of moment.parts) {
      make(parts, "dt", "", false).textContent = name
      make(parts, "dd", "", false).textContent = value
    }
  }
}

function makePlayer(root) {
  const player = { at: 0, share: 1, pace: 1, playing: false, inView: true, frames: 0 }
  const svg = make(root, "svg", "network")
  svg.setAttribute("role", "img")
  const side = make(root, "div", "side", false)
  const actors = makeActors(side)
  const words = makeWords(side, player)
  const guess = makeGuess(side, player)
  const controls = makeControls(side, player)

  player.fit = () => {
    const wide = Math.floor(svg.parentElement.clientWidth * (player.beside() ? 0.6 : 1))
    if (!player.motion || !wide) return
    player.draw = makeDrawing(svg, player.motion, wide, player.high)
    player.show()
  }
  player.beside = () => root.classList.contains("beside") && root.clientWidth > 760
  player.show = () => {
    player.frames += 1
    player.draw?.(player.at, player.share, player.dots)
    const moment = player.motion.moments[player.at]
    svg.setAttribute("aria-label", moment.text)
    if (player.told !== `${player.at} ${player.playing}`) {
      player.told = `${player.at} ${player.playing}`
      actors(player.motion, moment, player.changed)
      words()
      controls()
    }
  }
  player.go = (at) => {
    const last = player.motion.moments.length - 1
    player.at = at > last ? 0 : Math.max(0, at)
    player.share = 1
    player.dots = STILL.matches ? 1 : 0
    player.playing = false
    guess()
    player.show()
    player.wake()
  }
  player.play = (playing) => {
    player.playing = playing
    if (playing && player.at === player.motion.moments.length - 1 && player.share === 1) player.at = 0
    if (playing && player.share === 1) player.share = 0
    player.dots = undefined
    player.told = ""
    player.show()
    player.wake()
  }
  // A share of a moment is added with every picture; at its end the next one begins.
  player.tick = (time) => {
    player.asked = null
    const passed = Math.min(100, time - (player.time ?? time))
    player.time = time
    if (!root.isConnected || !player.inView) return (player.time = undefined)
    const lasts = LASTS[player.motion.moments[player.at].phase] / player.pace
    if (player.playing) {
      player.over = (player.over || 0) + passed
      player.share = clamp(player.over / lasts)
      const last = player.at === player.motion.moments.length - 1
      if (player.over > lasts * (1 + HOLD) + (last ? END : 0)) {
        player.at = last ? 0 : player.at + 1
        player.share = player.over = 0
      }
      guess()
    } else if (player.dots < 1) player.dots = clamp(player.dots + passed / (lasts / 2))
    else return (player.time = undefined)
    player.show()
    player.wake()
  }
  player.wake = () => {
    if (!player.playing) player.over = 0
    player.asked ??= requestAnimationFrame(player.tick)
  }
  player.follow = (data) => {
    const sent = JSON.stringify(data)
    if (sent === player.sent) return
    const first = !player.sent
    Object.assign(player, { sent, motion: data.motion, high: data.height, simple: data.simple, changed: data.changed, told: "" })
    for (const moment of player.motion.moments) if (moment.focus) moment.focus = new Set(moment.focus)
    root.classList.toggle("beside", data.beside)
    for (const [name, color] of Object.entries(data.colors)) root.style.setProperty(`--${name}`, color)
    if (first || player.at >= player.motion.moments.length) Object.assign(player, { at: 0, share: 1, dots: 1 })
    const half = { source: "gradient", use: "update" }[data.changed]
    if (half) Object.assign(player, { at: data.motion.moments.findIndex(({ phase }) => phase === half), over: 0 })
    if ((half || first) && data.plays && !STILL.matches) Object.assign(player, { playing: true, share: 0, dots: undefined })
    guess()
    player.fit()
    player.wake()
  }
  new ResizeObserver(player.fit).observe(root)
  new IntersectionObserver(([{ isIntersecting }]) => {
    player.inView = isIntersecting
    if (isIntersecting && player.motion) player.wake()
  }).observe(root)
  return player
}

function show(data, parentElement) {
  let root = parentElement.querySelector(".descent-lab-machine")
  if (!root) {
    root = make(parentElement, "div", "descent-lab-machine", false)
    root.player = makePlayer(root)
  }
  root.player.follow(data)
}

// While Streamlit loads this script the newest message may come first: see board.js.
export default function ({ data, parentElement }) {
  const turn = setTimeout(show, 0, data, parentElement)
  return () => clearTimeout(turn)
}
