// How our own drawings make and change their parts, and write numbers.

const SVG = "http://www.w3.org/2000/svg"
const CALM = matchMedia("(prefers-reduced-motion: reduce)")
const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x))
const minus = (text) => text.replace("-", "−")
const short = (value, digits = 2) =>
  minus(Math.abs(value) >= 10 ** digits - 0.5 ? value.toFixed(0) : String(+value.toPrecision(digits)))
const decimal = (typed) => typed.trim().replace("−", "-").replace(",", ".")
const largest = (lists) => Math.max(1e-15, ...lists.flatMap((values) => [...values].map(Math.abs)))

const draw = (parent, name, className = "", values = {}) =>
  set(parent.appendChild(document.createElementNS(SVG, name)), { class: className, ...values })

// Sets what differs from the last time: most of a picture stays as it is.
function set(element, values) {
  element.known ||= {}
  for (const [name, value] of Object.entries(values)) {
    if (element.known[name] === value) continue
    element.known[name] = value
    if (name === "text") element.textContent = value
    else element.setAttribute(name, value)
  }
  return element
}
