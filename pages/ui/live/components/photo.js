// A picture of the page's own drawing, the machine or the bench, as it stands: its canvases and SVGs, one over another.
const DRAWING = ".descent-lab-machine, .descent-lab-bench .body"
const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-opacity"]
LOOKS.push("opacity", "display", "visibility", "font", "text-anchor", "dominant-baseline", "paint-order")
const WIDEST = 1600 // pixels of a picture

// An SVG alone knows no style sheet of the page: what they give it is written into it.
async function imageOf(svg) {
  const copy = svg.cloneNode(true)
  const to = [copy, ...copy.querySelectorAll("*")]
  for (const [place, from] of [svg, ...svg.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(from)
    for (const look of LOOKS) to[place].style.setProperty(look, style.getPropertyValue(look))
  }
  const { width, height } = svg.getBoundingClientRect()
  for (const [name, value] of Object.entries({ width, height, xmlns: "http://www.w3.org/2000/svg" })) copy.setAttribute(name, value)
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  return image
}

async function photo() {
  const root = document.querySelector(DRAWING)
  const parts = [...(root?.querySelectorAll("canvas, svg") ?? [])].filter((part) => part.getBoundingClientRect().width)
  if (!parts.length) return ""
  const boxes = parts.map((part) => part.getBoundingClientRect())
  const [left, top] = ["left", "top"].map((end) => Math.min(...boxes.map((box) => box[end])))
  const [right, bottom] = ["right", "bottom"].map((end) => Math.max(...boxes.map((box) => box[end])))
  const scale = Math.min(1.5, WIDEST / (right - left))
  const paper = document.createElement("canvas")
  Object.assign(paper, { width: scale * (right - left), height: scale * (bottom - top) })
  const context = paper.getContext("2d")
  context.scale(scale, scale)
  context.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color") || "white"
  context.fillRect(0, 0, right - left, bottom - top)
  for (const [place, part] of parts.entries()) {
    const { x, y, width, height } = boxes[place]
    context.drawImage(part.localName === "svg" ? await imageOf(part) : part, x - left, y - top, width, height)
  }
  return paper.toDataURL()
}
