// A board of charts, updated in place: the newest figure wins, theme and width follow the page.

// On a touch screen a swipe scrolls the page and a tap shows values: charts do not react to drags and have no tools.
const TOUCH = matchMedia("(pointer: coarse)").matches
const STILL = TOUCH ? { dragmode: false } : {}
// Charts are never sent away: Plotly offers to upload them to its server.
const LEFT_OUT = ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"]
const TOOLS = { displaylogo: false, modeBarButtonsToRemove: LEFT_OUT, displayModeBar: TOUCH ? false : "hover" }
const LONGEST_REEL = 300 // pictures kept per chart; longer runs drop every second one
const LONGEST_FILM = 6 // waiting pictures of a moving run; with more, every second one is dropped
const LONGEST_CATCHING_UP = 24 // pictures that arrived before the first could be drawn

const everySecond = (pictures) => pictures.filter((_, place) => (pictures.length - place) % 2) // including the last

// A button that is replaced loses the focus; its replacement gets it back.
let focused = {}
document.addEventListener("focusin", ({ target }) => {
  focused = { button: target, row: target.closest(".st-key-run-controls") }
})

function keepFocus() {
  const { button, row } = focused
  if (!row || button.isConnected || document.activeElement !== document.body) return
  const [last] = [...row.querySelectorAll("button")].slice(-1)
  last?.focus({ preventScroll: true })
}

// A skip link past navigation and settings, which precede the experiment in Streamlit's page: the first stop of the
// Tab key, visible only with focus.
function offerToSkip() {
  if (document.querySelector(".descent-lab-skip")) return
  const onclick = (event) => {
    event.preventDefault()
    document.querySelector(":is([class*='-asked'], .st-key-run-controls) button:enabled")?.focus()
  }
  const looks = { textContent: "Skip to the experiment", href: "#experiment", onclick }
  document.body.prepend(tag(document.body, "a", "descent-lab-skip", looks))
}

function template(element) {
  const style = getComputedStyle(element)
  const names = ["--st-text-color", "--st-background-color", "--st-border-color", "--st-font"]
  const [text, paper, line, font] = names.map((name) => style.getPropertyValue(name).trim())
  const free = { gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line, automargin: true }
  const axis = { ...free, fixedrange: TOUCH }
  const axis3d = { ...free, backgroundcolor: "rgba(0,0,0,0)", showbackground: false }
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: text, family: font, size: 13 },
      hoverlabel: { bgcolor: paper, bordercolor: line, font: { color: text, family: font } },
      legend: { bgcolor: "rgba(0,0,0,0)", font: { size: element.clientWidth < 500 ? 11 : 13 } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: text },
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: axis3d, yaxis: axis3d, zaxis: axis3d, dragmode: TOUCH ? false : "turntable" },
    },
  }
}

// A point with a link to a page of this app in its customdata opens it, relative to the current page. In a chart made for
// it the place of a click is reported; plotly tells none of a chart that is drawn anew between press and release.
const opened = ({ points: [{ customdata: link }] }) => /^[a-z_]+\?/.test(link) && window.open(link, "_blank", "noopener")

function reportClicks(chart, acts) {
  let pressed = null
  const press = ({ target, clientX, clientY }) => (pressed = target.matches(".nsewdrag") && { clientX, clientY })
  chart.addEventListener("pointerdown", press, true)
  chart.addEventListener("pointercancel", () => (pressed = null)) // the finger scrolls the page
  window.addEventListener("pointerup", ({ clientX, clientY }) => {
    const near = pressed && Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY) < 5
    pressed = null
    if (!near || chart.layout.meta !== "clicked") return
    const { left, right, top, bottom } = chart.querySelector(".nsewdrag").getBoundingClientRect()
    const along = ([low, high], share) => low + share * (high - low)
    acts.add("click", {
      x: along(chart.layout.xaxis.range, (clientX - left) / (right - left)),
      y: along(chart.layout.yaxis.range, (bottom - clientY) / (bottom - top)),
    })
  })
}

// The tools of a chart are one stop for the Tab key; the arrow keys move between them.
function makeOneStop(chart) {
  const tools = () => [...chart.querySelectorAll(".modebar-btn")]
  chart.onkeydown = ({ key, target }) => {
    const all = tools()
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (step && all.includes(target)) all.at((all.indexOf(target) + step) % all.length).focus()
  }
  return () => tools().forEach((tool, place) => (tool.tabIndex = place ? -1 : 0))
}

// A chart draws its pending figure once it is in view and has finished the previous one. A drawing of our own is made by
// a component that stands on the page beside the board; all others wait for plotly, sketched until it has come.
function makeChart(board, panel) {
  const chart = tag(panel, "div", "descent-lab-chart", { role: "figure" })
  const oneStop = makeOneStop(chart)
  reportClicks(chart, board.acts)
  const sketchIt = () => sketch(chart, JSON.parse(chart.pending || chart.spec))
  const loaded = async () => {
    if (!window.Plotly?.react) sketchIt()
    const sketching = setInterval(sketchIt, board.pace)
    const Plotly = await plotly().finally(() => clearInterval(sketching))
    chart.querySelector(".descent-lab-sketch")?.remove()
    return Plotly
  }
  chart.draw = async () => {
    if (chart.drawing || !chart.pending || !chart.isConnected || !chart.inView) return
    const own = chart.pending.startsWith('{"drawing"')
    if (own && !window.descentLabDraw) return setTimeout(chart.draw, 50)
    chart.drawing = true
    try {
      const Plotly = own || (await loaded())
      if (!Plotly) return board.missing()
      if (chart.behind) chart.catchUp()
      chart.spec = chart.pending
      chart.pending = null
      const title = chart.titles.get(chart.spec)
      if (title) panel.firstChild.textContent = chart.ariaLabel = title
      const { data, layout, ...spec } = JSON.parse(chart.spec)
      const themed = { ...layout, ...STILL, template: JSON.parse(board.theme), autosize: true }
      if (own) window.descentLabDraw(chart, spec)
      else await Plotly.react(chart, data, themed, TOOLS)
      oneStop()
      if (!own && !chart.frames) chart.on("plotly_click", opened)
      chart.frames = (chart.frames || 0) + 1
      chart.follow(board.moving)
    } finally {
      chart.drawing = false
    }
    if (chart.pending) setTimeout(chart.draw)
  }
  chart.play = () => {
    clearTimeout(chart.timer)
    chart.pending = chart.film.shift()
    chart.draw()
    if (chart.film.length) chart.timer = setTimeout(chart.play, board.pace)
  }
  chart.keep = (pictures) => {
    chart.reel.push(...pictures)
    if (chart.reel.length > LONGEST_REEL) chart.reel = everySecond(chart.reel)
  }
  chart.catchUp = () => {
    chart.behind = false
    if (!chart.reel.length) return
    const seen = chart.reel.findIndex(([, picture]) => JSON.parse(picture).data?.length !== 0)
    chart.film = chart.reel.slice(Math.max(seen, 0)).map(([, picture]) => picture)
    while (chart.film.length > LONGEST_CATCHING_UP) chart.film = everySecond(chart.film)
    chart.play()
  }
  chart.lookBack = (moment) => {
    const past = chart.reel.filter(([when]) => when <= moment)
    const picture = (past.pop() || chart.reel[0])?.[1]
    if (!picture || picture === (chart.pending || chart.spec)) return
    clearTimeout(chart.timer)
    chart.behind = false
    chart.film = []
    chart.pending = picture
    chart.draw()
  }
  chart.forget = () => Object.assign(chart, { reel: [], film: [], titles: new Map() })
  chart.forget()
  chart.behind = true // until plotly is loaded and has shown the missed pictures
  return chart
}

const allCharts = () => [...document.querySelectorAll(".descent-lab-chart")]

// The state of the run in words and as a bar, which becomes a slider when the run is not moving, to look back through
// it: each chart shows its last picture up to that moment. There is one per page.
function makeStrip(parent) {
  const strip = tag(parent, "div", "descent-lab-strip")
  const words = tag(strip, "p")
  const bar = tag(strip, "progress", "", { max: 100 })
  const replay = tag(strip, "label", "descent-lab-replay", { textContent: "Look back through this run" })
  const slider = tag(replay, "input", "", { type: "range", min: 0, step: "any" })
  const place = tag(replay, "output")
  const tell = () => (place.textContent = `${Math.round(100 * slider.value)} %`)
  slider.oninput = () => {
    tell()
    for (const chart of allCharts()) chart.lookBack(+slider.value < +slider.max ? +slider.value : Infinity)
  }
  strip.follow = ({ told, progress, moving }) => {
    strip.hidden = !told
    replay.hidden = !told || moving !== false || !allCharts().some((chart) => chart.reel.length > 2)
    words.textContent = bar.ariaLabel = told || ""
    Object.assign(bar, { hidden: !replay.hidden, value: Math.round(100 * (progress ?? 0)) })
    if (!moving && slider.reached === progress) return
    slider.reached = slider.max = progress
    slider.value = progress
    tell()
  }
  return strip
}

function makeBoard(parent) {
  const board = tag(parent, "div", "descent-lab-board")
  board.acts = makeActs()
  board.charts = () => [...board.querySelectorAll(".descent-lab-chart")]
  const size = new ResizeObserver((entries) => {
    for (const { target: chart } of entries) {
      if (chart.spec && !chart.bench && chart.clientWidth && Math.abs(chart.lastWidth - chart.clientWidth) > 1)
        plotly().then((Plotly) => Plotly?.Plots.resize(chart))
      chart.lastWidth = chart.clientWidth
    }
  })
  const seen = (entries) => {
    for (const { target: chart, isIntersecting } of entries) {
      chart.inView = isIntersecting
      chart.draw()
    }
  }
  const view = new IntersectionObserver(seen, { rootMargin: "100px" })
  board.addPanel = () => {
    const panel = tag(board, "section")
    tag(panel, "h2")
    const chart = makeChart(board, panel)
    tag(panel, "p")
    addNumbers(panel, chart)
    size.observe(chart)
    view.observe(chart)
    return panel
  }
  const followTheme = () => {
    const theme = JSON.stringify(template(board))
    if (theme === board.theme) return
    board.theme = theme
    const style = getComputedStyle(board)
    for (const [name, from] of [["paper", "background"], ["ink", "text"]]) // for elements outside the board
      document.documentElement.style.setProperty(`--descent-lab-${name}`, style.getPropertyValue(`--st-${from}-color`))
    for (const chart of board.charts()) {
      chart.pending ||= chart.spec
      chart.draw()
    }
  }
  board.watch = () => {
    if (board.watching) return
    offerToSkip()
    followTheme()
    board.watching = setInterval(() => {
      if (!board.isConnected) return (board.watching = clearInterval(board.watching))
      followTheme()
      keepFocus()
    }, 500)
  }
  return board
}

// A panel without a figure keeps its current one.
function show(data, parentElement, setStateValue, setTriggerValue) {
  const board = parentElement.querySelector(".descent-lab-board") || makeBoard(parentElement)
  board.missing = () => {
    if (!board.told) setStateValue("missing", true)
    board.told = true
  }
  board.acts.follow(data.done, setTriggerValue)
  board.pace = data.pace
  board.moving = data.moving
  if (board.run !== data.run) for (const chart of board.charts()) chart.forget()
  board.run = data.run
  const known = new Map([...board.children].map((panel) => [panel.key, panel]))
  data.panels.forEach(({ key, title, caption, height, wide, figure, film, text }, place) => {
    const panel = known.get(key) ?? board.addPanel()
    panel.key = key
    if (board.children[place] !== panel) board.insertBefore(panel, board.children[place])
    const [heading, chart, note] = panel.children
    panel.style.gridColumn = wide ? "1 / -1" : ""
    heading.textContent ||= chart.ariaLabel = title
    note.textContent = caption
    chart.told = `${caption} ${text}`
    chart.follow(data.moving)
    chart.style.height = height ? `${height}px` : "auto" // a drawing of our own is as high as it needs
    const cut = chart.film.length && !film?.length && data.progress < 1 // a paused page shows its current state
    if (figure && (figure !== chart.newest || cut)) {
      chart.newest = figure
      const pictures = [...(film || []), [data.progress, figure, title]]
      for (const [, picture, name] of pictures) chart.titles.set(picture, name)
      chart.keep(pictures)
      chart.film = [...(cut ? [] : chart.film), ...pictures.map(([, picture]) => picture)]
      if (data.moving && chart.film.length > LONGEST_FILM) chart.film = everySecond(chart.film)
      chart.play()
    }
  })
  while (board.children.length > data.panels.length) board.lastChild.remove()
  if (data.told) board.before((board.strip ||= makeStrip(parentElement))) // on one board per page
  board.strip?.follow(data)
  board.watch()
  board.charts().forEach((chart) => setTimeout(chart.draw))
}

// Streamlit calls this for every new set of figures, but while it loads this script the newest may come first: for an
// outdated set it immediately calls the returned function.
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const turn = setTimeout(show, 0, data, parentElement, setStateValue, setTriggerValue)
  return () => clearTimeout(turn)
}
