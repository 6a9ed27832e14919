// A network at work: what goes forward, the error that comes back, and the optimizer's step. Python sends the numbers of
// every update once; the browser plays them, by itself or step by step. It draws by network.js.

const LASTS = { forward: 1600, loss: 800, gradient: 2400, update: 2000 } // ms of a moment at pace 1
const HOLD = 0.25 // of a moment, for which its end stays in sight
const END = 2500 // ms before the motion begins again
const LARGEST_GUESS = 1e6
const ROOM = 760 // pixels from which on the words may stand beside the drawing
const HALVES = { source: "gradient", use: "update" } // the phase in which each actor is at work

// The two actors by name: the one at work is filled with its colour.
function showActors({ motion, changed, beside, parts, moment }) {
  const moves = motion.updates.some(({ before, after }) => String(before) !== String(after))
  const does = { source: motion.source.way && ": finds the gradient", use: moves && ": moves the weights" }
  for (const [half, phase] of Object.entries(HALVES)) {
    const { name } = motion[half]
    const text = `${changed === half ? "⇄ " : ""}${name[0].toUpperCase()}${name.slice(1)}${(!beside && does[half]) || ""}`
    set(parts[half], { text, "data-works": phase === moment().phase })
  }
}

function showControls({ motion, at, simple, playing, parts }) {
  const { earlier, step, play, pace, place, slider } = parts
  const last = motion.moments.length - 1
  earlier.hidden = place.hidden = simple
  step.hidden = simple && !CALM.matches
  play.hidden = CALM.matches
  pace.hidden = simple || CALM.matches
  earlier.disabled = at === 0
  step.disabled = at === last && !simple
  set(play, { text: playing ? "Pause" : "Play" })
  Object.assign(slider, { max: last, value: at })
  set(parts.at, { text: `${at + 1} of ${last + 1}` })
}

// Words and formula of the moment; read aloud when the visitor steps, not while it plays by itself.
function showWords({ playing, parts: { said, parts }, moment }) {
  const { text, parts: formula } = moment()
  said.ariaLive = playing ? "off" : "polite"
  set(said, { text })
  parts.hidden = !formula.length
  parts.replaceChildren()
  for (const pair of formula) pair.forEach((textContent, place) => tag(parts, place ? "dd" : "dt", "", { textContent }))
}

// The number that comes next, to be predicted before it is shown.
function showGuess({ motion, parts: { guess, field, check, asked, verdict }, moment }) {
  const asks = moment(1)?.asks
  guess.hidden = !motion.moments.some(({ asks }) => asks)
  field.disabled = check.disabled = !asks
  set(asked, { text: asks ? `Predict: ${asks[0]} =` : "Nothing left to predict." })
  verdict.textContent = ""
}

function judged([name, value], guess) {
  const off = Math.abs(guess - value)
  const share = off / Math.max(Math.abs(value), 1e-12)
  const result = `You said ${minus(String(guess))}; ${name} is ${minus(String(+value.toPrecision(3)))}.`
  if (off <= 0.0101 * Math.max(Math.abs(value), 0.01)) return `${result} Right.`
  if (share < 1) return `${result} You are off by ${short(100 * share)} %.`
  return `${result} You are off by ${short(off)}${guess * value < 0 ? ", and the sign is the other one" : ""}.`
}

function listen(player) {
  const { earlier, step, play, pace, slider, guess, field, verdict } = player.parts
  earlier.onclick = () => player.go(player.at - 1)
  step.onclick = () => player.go(player.at + 1)
  play.onclick = () => player.play(!player.playing)
  pace.onchange = () => (player.pace = +pace.value)
  slider.oninput = () => player.go(+slider.value)
  guess.onsubmit = (event) => {
    event.preventDefault()
    const { asks } = player.moment(1)
    const typed = decimal(field.value)
    const number = typed === "" ? NaN : Number(typed)
    if (Number.isNaN(number)) return (verdict.textContent = "Type one number, such as 0.25.")
    if (Math.abs(number) > LARGEST_GUESS) return (verdict.textContent = "Type a number from −1,000,000 to 1,000,000.")
    player.go(player.at + 1)
    verdict.textContent = judged(asks, number)
    field.value = ""
  }
}

function makePlayer(root) {
  const player = { at: 0, share: 1, over: 0, pace: 1, playing: false, inView: true, parts: build(root, MARKUP) }
  const { network, key } = player.parts
  player.moment = (later = 0) => player.motion.moments[player.at + later]
  const last = () => player.at === player.motion.moments.length - 1
  listen(player)

  player.fit = () => {
    const beside = player.beside && root.clientWidth > ROOM
    root.classList.toggle("beside", Boolean(beside))
    const wide = Math.floor(root.clientWidth * (beside ? 0.6 : 1))
    if (!player.motion || !wide) return
    const high = Math.min(player.height, Math.max(230, 0.72 * wide)) // so that a phone has room for the buttons too
    player.draw = makeDrawing(network, player.motion, wide, high)
    player.show()
  }
  player.show = () => {
    player.draw?.(player.at, player.share, player.dots)
    const shown = `${player.at} ${player.playing}`
    if (player.told === shown) return
    player.told = shown
    set(network, { "aria-label": player.moment().text })
    for (const show of [showActors, showControls, showWords]) show(player)
  }
  player.go = (at) => {
    at = at < player.motion.moments.length ? Math.max(0, at) : 0
    Object.assign(player, { at, share: 1, dots: +CALM.matches, playing: false })
    showGuess(player)
    player.show()
    player.wake()
  }
  player.play = (playing) => {
    if (playing && player.share === 1) Object.assign(player, { at: last() ? 0 : player.at, share: 0 })
    Object.assign(player, { playing, dots: undefined, told: "" })
    player.show()
    player.wake()
  }
  // A share of a moment is added with every picture; at its end the next one begins.
  player.tick = (time) => {
    player.asked = null
    const passed = Math.min(100, time - (player.time ?? time))
    player.time = time
    const lasts = LASTS[player.moment().phase] / player.pace
    const moves = root.isConnected && player.inView && (player.playing || player.dots < 1)
    if (!moves) return (player.time = undefined)
    if (player.playing) {
      player.over += passed
      player.share = clamp(player.over / lasts)
      if (player.over > lasts * (1 + HOLD) + (last() ? END : 0))
        Object.assign(player, { at: last() ? 0 : player.at + 1, share: 0, over: 0 })
      showGuess(player)
    } else player.dots = clamp(player.dots + passed / (lasts / 2))
    player.show()
    player.wake()
  }
  player.wake = () => {
    if (!player.playing) player.over = 0
    player.asked ??= requestAnimationFrame(player.tick)
  }
  player.follow = (data, first) => {
    Object.assign(player, data, { told: "" })
    for (const moment of player.motion.moments) moment.focus = new Set(moment.focus)
    if (first || !player.moment()) Object.assign(player, { at: 0, share: 1, dots: 1 })
    const half = HALVES[data.changed]
    if (half) Object.assign(player, { at: data.motion.moments.findIndex(({ phase }) => phase === half), over: 0 })
    if ((half || first) && data.plays && !CALM.matches) Object.assign(player, { playing: true, share: 0, dots: undefined })
    set(key, { text: `${data.changed ? "⇄ exchanged. " : ""}Wider or darker: larger. Dashed: negative.` })
    showGuess(player)
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

export default component("descent-lab-machine", makePlayer)
