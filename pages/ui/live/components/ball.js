// A ball on a bowl: where its first step lands is the learning rate, and the steps after it tell what that rate does.

const HOP = 220 // ms between two steps
const FAR = 1.45 // half of the bowl's width; the ball starts at 1
const STICKY = 0.035 // around the edge, within which the rate stays at it
const [WIDE, HIGH] = [300, 190]

const across = (x) => (WIDE / 2) * (1 + x / FAR)
const down = (x) => 12 + (HIGH - 30) * (1 - (x / FAR) ** 2)
const line = (xs) => `M${xs.map((x) => `${across(x)} ${down(x)}`).join("L")}`

// What the rate does with the ball: which side of the edge it is on, and a sentence.
function told(steps) {
  const growth = Math.abs(steps.at(-1) / steps[0])
  if (growth > 1.0001) return ["over", "Every step lands higher than the one before: the ball leaves the bowl."]
  if (growth > 0.9999) return ["at", "This is the edge: every step lands at the same height on the other side."]
  if (Math.abs(steps[1]) < 1e-6) return ["under", "One step lands at the bottom."]
  return ["under", steps[1] < 0 ? "Each step overshoots the bottom, and still ends lower." : "The ball comes down on one side."]
}

function makeBall(root) {
  const ball = { place: 0, step: 1 }
  const svg = draw(root, "svg", "", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" })
  draw(svg, "path", "bowl", { d: line(Array.from({ length: 61 }, (_, k) => FAR * (k / 30 - 1))) })
  draw(svg, "line", "edge", { x1: across(-1), x2: across(-1), y1: down(-1) - 26, y2: down(-1) + 12 })
  // both names inside the bowl, beside their marks
  draw(svg, "text", "", { x: across(-1) + 6, y: down(-1) - 18, style: "text-anchor: start", text: "edge 2/L" })
  draw(svg, "text", "", { x: across(1) - 4, y: down(1) - 14, style: "text-anchor: end", text: "start" })
  const way = draw(svg, "path", "way")
  const put = (name, x, r) => {
    ball[name] ||= draw(svg, "circle", name, { r })
    set(ball[name], { cx: across(clamp(x, -FAR, FAR)), cy: down(clamp(x, -FAR, FAR)) })
  }
  put("start", 1, 7)
  const slider = tag(tag(root, "label", "row", { textContent: "Learning rate" }), "input", "", { type: "range", min: 0 })
  const said = tag(root, "p", "", { role: "status" })

  // The rate at this place of the table; at the edge it sticks, and a phone lets it be felt.
  ball.choose = (place) => {
    const edge = ball.data.shares.indexOf(1)
    const stuck = Math.abs(ball.data.shares[place] - 1) < STICKY
    if (stuck && ball.place !== edge) navigator.vibrate?.(25)
    ball.place = stuck ? edge : place
    ball.roll()
  }
  ball.show = () => {
    const { path, shares, rates } = ball.data
    const steps = path[ball.place]
    set(way, { d: line(steps.slice(0, ball.step + 1).filter((x) => Math.abs(x) <= FAR)) })
    put("landing", steps[1], 11)
    put("rolling", steps[ball.step], 6)
    const [side, does] = told(steps)
    root.dataset.side = side
    const text = `Rate ${short(rates[ball.place], 3)}, ${short(shares[ball.place], 3)} of the edge 2/L. ${does}`
    set(said, { text })
    set(svg, { "aria-label": text })
    slider.value = ball.place
    slider.ariaValueText = text
  }
  ball.roll = () => {
    clearInterval(ball.rolls)
    const steps = ball.data.path[ball.place]
    ball.step = CALM.matches ? steps.length - 1 : 1
    ball.show()
    const ended = () => !root.isConnected || ball.step >= steps.length - 1 || Math.abs(steps[ball.step]) > FAR
    ball.rolls = setInterval(() => {
      if (ended()) return clearInterval(ball.rolls)
      ball.step += 1
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
    ball.data = data
    slider.max = data.shares.length - 1
    ball.choose(data.first)
  }
  return ball
}

export default component("descent-lab-ball", makeBall)
