// What the visitor does on a drawing, told to Python until it has confirmed it: acts in quick succession reach it together,
// and Streamlit drops what comes from a part of the page that it is about to replace.

const PATIENCE = 1500 // milliseconds, then twice as long each time
const OFTEN = 5

function makeActs() {
  const acts = { waiting: [], last: 0 }
  const send = (often) => {
    clearTimeout(acts.timer)
    if (!acts.waiting.length || !acts.tell) return
    acts.tell([...acts.waiting])
    if (often) acts.timer = setTimeout(send, PATIENCE * 2 ** (OFTEN - often), often - 1)
  }
  acts.add = (kind, value) => {
    acts.last = Math.max(Date.now(), acts.last + 1)
    acts.waiting.push({ kind, value, at: acts.last })
    send(OFTEN)
  }
  acts.follow = (done, setTriggerValue) => {
    acts.waiting = acts.waiting.filter(({ at }) => at > done)
    acts.tell = (waiting) => setTriggerValue("acts", waiting)
  }
  return acts
}
