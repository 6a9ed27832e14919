// One chart, changed in place: the newest figure wins, theme and width follow the page.

function plotly(chunk) {
  if (!window.descentLabPlotly) {
    const index = [...document.querySelectorAll("script[src], link[href]")]
      .map((tag) => tag.src || tag.href)
      .find((url) => url.includes("/static/js/"))
    const folder = index.slice(0, index.lastIndexOf("/") + 1)
    window.descentLabPlotly = import(folder + chunk).then(() => window.Plotly)
  }
  return window.descentLabPlotly
}

function colors(element) {
  const style = getComputedStyle(element)
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback
  return {
    text: read("--st-text-color", "#1f2933"),
    paper: read("--st-background-color", "#ffffff"),
    line: read("--st-border-color", "#d9d4c9"),
    font: read("--st-font", "sans-serif"),
  }
}

function template({ text, paper, line, font }) {
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, tickcolor: line, automargin: true }
  const axis3d = { ...axis, backgroundcolor: "rgba(0,0,0,0)", showbackground: false }
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: text, family: font, size: 13 },
      hoverlabel: { bgcolor: paper, bordercolor: line, font: { color: text, family: font } },
      legend: { bgcolor: "rgba(0,0,0,0)" },
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: axis3d, yaxis: axis3d, zaxis: axis3d },
    },
  }
}

function mount(parent) {
  const chart = document.createElement("div")
  chart.className = "descent-lab-chart"
  chart.setAttribute("role", "img")
  parent.appendChild(chart)

  chart.draw = async () => {
    if (chart.drawing || !chart.pending || !chart.isConnected || !chart.inView) return
    chart.drawing = true
    const Plotly = await plotly(chart.chunk)
    const spec = chart.pending
    chart.pending = null
    chart.spec = spec
    const { data, layout } = JSON.parse(spec)
    const palette = colors(chart)
    chart.palette = JSON.stringify(palette)
    const themed = { ...layout, template: template(palette), autosize: true }
    await Plotly.react(chart, data, themed, { displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] })
    chart.frames = (chart.frames || 0) + 1
    chart.drawing = false
    if (chart.pending) requestAnimationFrame(chart.draw)
  }
  const again = () => {
    if (!chart.spec) return
    chart.pending = chart.pending || chart.spec
    chart.draw()
  }
  const size = new ResizeObserver(() => {
    if (chart.spec && Math.abs(chart.lastWidth - chart.clientWidth) > 1) window.Plotly.Plots.resize(chart)
    chart.lastWidth = chart.clientWidth
  })
  size.observe(chart)
  const view = new IntersectionObserver(([entry]) => {
    chart.inView = entry.isIntersecting
    chart.draw()
  }, { rootMargin: "100px" })
  view.observe(chart)
  const theme = setInterval(() => chart.palette && chart.palette !== JSON.stringify(colors(chart)) && again(), 500)
  chart.unmount = () => {
    size.disconnect()
    view.disconnect()
    clearInterval(theme)
  }
  return chart
}

export default function ({ data, parentElement }) {
  const chart = parentElement.querySelector(".descent-lab-chart") || mount(parentElement)
  chart.setAttribute("aria-label", data.alt)
  chart.style.height = `${data.height}px`
  chart.chunk = data.chunk
  if (data.figure !== chart.spec) chart.pending = data.figure
  requestAnimationFrame(chart.draw)
  return chart.unmount
}
