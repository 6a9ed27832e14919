// Pictures that arrive as bytes, and how they are painted.

const KINDS = { f4: Float32Array, f8: Float64Array, u1: Uint8Array, u2: Uint16Array }

function decode(value) {
  if (!value?.bdata) return [value ?? []].flat(Infinity)
  const bytes = Uint8Array.from(atob(value.bdata), (letter) => letter.charCodeAt(0))
  return new KINDS[value.dtype](bytes.buffer)
}

const shape = (value) => value.shape?.split(",").map(Number) ?? [0, 0, 0]
const rgb = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16))

// Which of `colors` stands for each of 256 values: one of them, or between two of them.
function table(colors, steps) {
  const known = colors.map(rgb)
  return Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (known.length - 1)
    const low = steps ? Math.round(at) : Math.min(Math.floor(at), known.length - 2)
    return steps ? known[low] : known[low].map((part, k) => part + (at - low) * (known[low + 1][k] - part))
  })
}

// A picture of bytes, its first row at the bottom.
function paint(context, bytes, high, wide, colors, [x, y, width, height], smooth = false) {
  const image = new ImageData(wide, high)
  for (let row = 0; row < high; row++)
    for (let column = 0; column < wide; column++)
      image.data.set([...colors[bytes[(high - 1 - row) * wide + column]], 255], 4 * (row * wide + column))
  const canvas = (paint.canvas ||= document.createElement("canvas"))
  Object.assign(canvas, { width: wide, height: high })
  canvas.getContext("2d").putImageData(image, 0, 0)
  context.imageSmoothingEnabled = smooth
  context.drawImage(canvas, x, y, width, height)
}

function sized(canvas, wide, high) {
  const scale = window.devicePixelRatio || 1
  const [width, height] = [wide, high].map((pixels) => Math.round(pixels * scale))
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height })
    Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` })
  }
  const context = canvas.getContext("2d")
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, wide, high)
  return context
}

function samples(context, { x, y, shares, right }, colors, size, radius, diamond = false) {
  const edge = radius > 2
  context.strokeStyle = right || diamond ? "#000" : "#fff"
  context.lineWidth = +edge
  x.forEach((_, place) => {
    const [across, down] = [(x[place] / 65535) * size, (1 - y[place] / 65535) * size]
    context.beginPath()
    if (diamond) context.rect(across - radius, down - radius, 2 * radius, 2 * radius)
    else context.arc(across, down, radius, 0, 7)
    context.fillStyle = right ? (right[place] ? "#fff" : "#000") : `rgb(${colors[shares[place]].map(Math.round)})`
    context.fill()
    if (edge) context.stroke()
  })
}
