// The texts that a visitor keeps in this browser, and what is known of each without reading it.
function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("descent-lab", 1)
    request.onupgradeneeded = () => ["texts", "index"].forEach((name) => request.result.createObjectStore(name))
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

// One transaction over both stores: all of it is done, or nothing.
async function within(mode, work) {
  const base = await opened()
  const turn = base.transaction(["texts", "index"], mode)
  const request = work(turn.objectStore("texts"), turn.objectStore("index"))
  await new Promise((resolve, reject) => {
    turn.oncomplete = resolve
    turn.onabort = turn.onerror = () => reject(turn.error)
  }).finally(() => base.close())
  return request?.result
}

const known = () => within("readonly", (_, index) => index.getAll())

// A picture of a chart as a data URI; none, if this browser cannot draw it.
async function drawn(figure) {
  const Plotly = await plotly()
  const { data, layout } = JSON.parse(figure)
  const { width, height } = layout
  try {
    return (await Plotly?.toImage({ data, layout }, { format: "png", width, height, scale: 1.5 })) ?? ""
  } catch {
    return ""
  }
}

// What is kept of a page asks for a picture of its drawing by this word.
const ASKED = '"drawing":"@photo"'

async function carryOut({ what, name, text, about }) {
  if (what === "put" && text.includes(ASKED)) text = text.replace(ASKED, `"drawing":"${await photo().catch(() => "")}"`)
  if (what === "draw") return drawn(text)
  if (what === "fetch") return within("readonly", (texts) => texts.get(name))
  return within("readwrite", (texts, index) => {
    if (what === "put") {
      texts.put(text, name)
      index.put({ name, about, size: text.length }, name)
    } else if (what === "tell") {
      index.get(name).onsuccess = ({ target }) => {
        if (target.result) index.put({ ...target.result, about }, name)
      }
    } else {
      texts.delete(name)
      index.delete(name)
    }
  })
}

// What this tab has done for its session; a tab that is loaded again, or a server started again, begins anew.
const memory = (window.descentLabStore ||= { session: "", done: 0, at: 0, turn: Promise.resolve() })

async function attend({ session, asked }, answer) {
  const fresh = memory.session !== session
  if (fresh) Object.assign(memory, { session, done: 0 })
  const lost = performance.now() - memory.at > 3000 // an answer to what is asked again did not arrive
  const open = asked.filter(({ number }) => lost || number > memory.done)
  if (!fresh && !open.length) return
  const [texts, reply] = [{}, { session, done: memory.done, fault: "" }]
  try {
    for (const each of open) {
      const found = await carryOut(each)
      if (typeof found === "string") texts[each.name] = found
    }
  } catch (error) {
    reply.fault = error?.name === "QuotaExceededError" ? "full" : open.length ? "closed" : ""
  }
  reply.index = await known().catch(() => [])
  reply.done = memory.done = Math.max(memory.done, ...open.map(({ number }) => number))
  memory.at = performance.now()
  if (open.length || reply.index.length) answer({ ...reply, texts }) // nothing asked and nothing kept: no word
}

export default function ({ data, setTriggerValue }) {
  memory.turn = memory.turn.then(() => attend(data, (reply) => setTriggerValue("answer", reply))).catch(() => {})
}
