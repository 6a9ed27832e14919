// A network at work: what goes forward, the error that comes back, and the optimizer's step. Python sends the numbers of
// every update once; the browser plays them, by itself or step by step. It draws by network.js.

const LASTS = { forward: 1600, loss: 800, gradient: 2400, update: 2000 } // ms of a moment at pace 1
const HOLD = 0.25 // of a moment, for which its end stays in sight
const END = 2500 // ms before the motion begins again
const STILL = matchMedia("(prefers-reduced-motion: reduce)")
const LARGEST_GUESS = 1e6

// The two actors by name: the one at work is filled with its colour.
function makeActors(root) {
  const row = make(root, "div", "actors", false)
  const chips = ["source", "use"].map((half) => make(row, "span", `descent-lab-actor ${half}`, false))
  const key = make(root, "small", "key", false)
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
    set(asked, { text: open ? `Predict: ${next.asks[0]} =` : "Nothing left to predict." })
    told.textContent = ""
  }
}

function judged([name, value], guess) {
  const off = Math.abs(guess - value)
  const share = off / Math.max(Math.abs(value), 1e-12)
  const result = `You said ${minus(String(guess))}; ${name} is ${minus(String(+value.toPrecision(3)))}.`
  if (off <= 0.0101 * Math.max(Math.abs(value), 0.01)) return `${result} Right.`
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
  const place = make(label, "span", "at", false)
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
  const controls = makeControls(side, player)
  const guess = makeGuess(side, player)

  player.fit = () => {
    const wide = Math.floor(svg.parentElement.clientWidth * (player.beside() ? 0.6 : 1))
    if (!player.motion || !wide) return
    const high = Math.min(player.high, Math.max(230, 0.72 * wide)) // so that a phone has room for the buttons too
    player.draw = makeDrawing(svg, player.motion, wide, high)
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
    for (const moment of player.motion.moments) moment.focus = new Set(moment.focus)
    root.classList.toggle("beside", data.beside)
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
