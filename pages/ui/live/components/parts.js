// How our own parts of the page are made, and how messages reach them.

function tag(parent, name, className = "", properties = {}) {
  const element = parent.appendChild(document.createElement(name))
  if (className) element.className = className
  return Object.assign(element, properties)
}

// Parts of a markup that is written here, never of anyone's text, by the first class of each.
function build(parent, markup) {
  parent.insertAdjacentHTML("beforeend", markup)
  return Object.fromEntries([...parent.querySelectorAll("[class]")].map((part) => [part.classList[0], part]))
}

// What Streamlit calls with every message: a player, made once, follows those that say something new. While Streamlit
// loads this script the newest message may come first: see board.js.
const component =
  (className, makePlayer) =>
  ({ data, parentElement }) => {
    const turn = setTimeout(() => {
      const root = parentElement.querySelector(`.${className}`) || tag(parentElement, "div", className)
      root.player ||= makePlayer(root)
      const sent = JSON.stringify(data)
      if (sent !== root.sent) root.player.follow(data, !root.sent)
      root.sent = sent
    })
    return () => clearTimeout(turn)
  }
