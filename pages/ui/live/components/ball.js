// A ball on a bowl: where its first step lands is the learning rate, and the steps after it tell what that rate does.

const HOP = 220 // ms between two steps
const FAR = 1.45 // half of the bowl's width; the ball starts at 1
const STICKY = 0.035 // around the edge, within which the rate stays at it
const [WIDE, HIGH] = [300, 190]
const AT_ONCE = matchMedia("(prefers-reduced-motion: reduce)")

const across = (x) => (WIDE / 2) * (1 + x / FAR)
const down = (x) => 12 + (HIGH - 30) * (1 - (x / FAR) ** 2)

function makeBall(root) {
  const ball = { place: 0, step: 1 }
  const svg = make(root, "svg")
  set(svg, { viewBox: `0 0 ${WIDE} ${HIGH}` })
  svg.setAttribute("role", "img")
  const bowl = Array.from({ length: 61 }, (_, k) => FAR * (k / 30 - 1))
  set(make(svg, "path", "bowl"), { d: `M${bowl.map((x) => `${across(x)} ${down(x)}`).join("L")}` })
  const edge = make(svg, "g", "edge")
  set(make(edge, "line"), { x1: across(-1), x2: across(-1), y1: down(-1) - 26, y2: down(-1) + 12 })
  set(make(edge, "text"), { x: across(-1), y: down(-1) - 30, text: "edge 2/L" })
  set(make(svg, "circle", "start"), { cx: across(1), cy: down(1), r: 7 })
  set(make(svg, "text"), { x: across(1), y: down(1) - 14, text: "start" })
  const way = make(svg, "path", "way")
  const handle = make(svg, "circle", "landing")
  const rolling = make(svg, "circle", "rolling")
  const label = html(root, "label")
  label.append("Learning rate")
  const slider = html(label, "input")
  Object.assign(slider, { type: "range", min: 0 })
  const said = html(root, "p")
  said.setAttribute("role", "status")

  // The rate at this place of the table; at the edge it sticks, and a phone lets it be felt.
  ball.choose = (place) => {
    const edge = ball.data.shares.indexOf(1)
    const stuck = Math.abs(ball.data.shares[place] - 1) < STICKY
    if (stuck && ball.place !== edge) navigator.vibrate?.(25)
    ball.place = stuck ? edge : place
    ball.step = 1
    ball.show()
    ball.roll()
  }
  ball.show = () => {
    const { path, shares, rates } = ball.data
    const steps = path[ball.place]
    const seen = steps.slice(0, ball.step + 1).filter((x) => Math.abs(x) <= FAR)
    set(way, { d: `M${seen.map((x) => `${across(x)} ${down(x)}`).join("L")}` })
    const first = clamp(steps[1], -FAR, FAR)
    set(handle, { cx: across(first), cy: down(first), r: 11 })
    const now = clamp(steps[ball.step], -FAR, FAR)
    set(rolling, { cx: across(now), cy: down(now), r: 6 })
    const [begin, end] = [Math.abs(steps[0]), Math.abs(steps.at(-1))]
    const kind = end > begin * 1.0001 ? "over" : end > begin * 0.9999 ? "at" : "under"
    root.dataset.side = kind
    const does = {
      over: "Every step lands higher than the one before: the ball leaves the bowl.",
      at: "This is the edge: every step lands at the same height on the other side.",
      under: Math.abs(steps[1]) < 1e-6 ? "One step lands at the bottom." : steps[1] < 0 ? "Each step overshoots the bottom, and still ends lower." : "The ball comes down on one side.",
    }[kind]
    const told = `Rate ${short(rates[ball.place], 3)}, ${short(shares[ball.place], 3)} of the edge 2/L. ${does}`
    set(said, { text: told })
    set(svg, { "aria-label": told })
    slider.value = ball.place
    slider.setAttribute("aria-valuetext", told)
  }
  ball.roll = () => {
    clearInterval(ball.rolling)
    const last = ball.data.path[0].length - 1
    if (AT_ONCE.matches) {
      ball.step = last
      return ball.show()
    }
    ball.rolling = setInterval(() => {
      ball.step += 1
      if (ball.step >= last || !root.isConnected || Math.abs(ball.data.path[ball.place][ball.step]) > FAR) clearInterval(ball.rolling)
      ball.show()
    }, HOP)
  }
  slider.oninput = () => ball.choose(+slider.value)
  const drag = ({ clientX }) => {
    const box = svg.getBoundingClientRect()
    const x = FAR * ((2 * (clientX - box.left)) / box.width - 1)
    const off = ball.data.path.map((steps) => Math.abs(steps[1] - x))
    ball.choose(off.indexOf(Math.min(...off)))
  }
  svg.onpointerdown = (event) => {
    event.preventDefault() // no text is selected on the way
    svg.setPointerCapture(event.pointerId)
    drag(event)
    svg.onpointermove = drag
  }
  svg.onpointerup = svg.onpointercancel = () => (svg.onpointermove = null)
  ball.follow = (data) => {
    const sent = JSON.stringify(data)
    if (sent === ball.sent) return
    Object.assign(ball, { sent, data })
    slider.max = data.shares.length - 1
    ball.choose(data.first)
  }
  return ball
}

const html = (parent, name) => make(parent, name, "", false)

function show(data, parentElement) {
  let root = parentElement.querySelector(".descent-lab-ball")
  if (!root) {
    root = make(parentElement, "div", "descent-lab-ball", false)
    root.ball = makeBall(root)
  }
  root.ball.follow(data)
}

// While Streamlit loads this script the newest message may come first: see board.js.
export default function ({ data, parentElement }) {
  const turn = setTimeout(show, 0, data, parentElement)
  return () => clearTimeout(turn)
}
